/* digest.c - by what a message is known again, and when it bounced */
#include "store/digest.h"

#include <string.h>
#include <time.h>

#define DAY (24 * 60 * 60)

/* ---- the digest --------------------------------------------------------------------------------------------- */

/* Fields that mail readers, mbox drivers and this program's filter add and change; those that end in "-" are
 * beginnings of names. */
static const char *const changing[] = {"status", "x-status", "x-uid", "x-keywords", "x-bounce-", "x-old-bounce-"};

static gboolean is_changing(const char *line, gsize length) {
  for (guint i = 0; i < G_N_ELEMENTS(changing); i++) {
    gsize n = strlen(changing[i]);
    if (length <= n || g_ascii_strncasecmp(line, changing[i], n) != 0)
      continue;
    if (changing[i][n - 1] == '-')
      return memchr(line, ':', length) != NULL;
    while (n < length && (line[n] == ' ' || line[n] == '\t'))
      n++;
    return n < length && line[n] == ':';
  }
  return FALSE;
}

static gsize line_length(const char *at, const char *end) {
  const char *lf = memchr(at, '\n', end - at);
  return lf ? (gsize)(lf - at) + 1 : (gsize)(end - at);
}

static gsize from_line_length(const char *bytes, gsize length) {
  return length >= 5 && memcmp(bytes, "From ", 5) == 0 ? line_length(bytes, bytes + length) : 0;
}

void bp_digest(const char *bytes, gsize length, guint8 digest[BP_DIGEST_SIZE]) {
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
  const char *end = bytes + length, *kept = bytes + from_line_length(bytes, length), *at = kept;
  gboolean dropped = FALSE; /* the field that a folded line belongs to */
  gsize n, size = BP_DIGEST_SIZE;
  for (; at < end; at += n) {
    n = line_length(at, end);
    if (*at == '\n' || *at == '\r')
      break;
    if (*at != ' ' && *at != '\t')
      dropped = is_changing(at, n);
    if (!dropped)
      continue;
    g_checksum_update(sum, (const guchar *)kept, at - kept);
    kept = at + n;
  }
  g_checksum_update(sum, (const guchar *)kept, end - kept);
  g_checksum_get_digest(sum, digest, &size);
  g_checksum_free(sum);
}

/* ---- the time ----------------------------------------------------------------------------------------------- */

/* The seconds that the name of a Maildir file begins with: "1700000000.M1P2.host:2,S". */
static gint64 maildir_time(const char *source) {
  const char *slash = strrchr(source, '/');
  char *end;
  if (!slash || slash - source < 4 || (memcmp(slash - 4, "/cur", 4) != 0 && memcmp(slash - 4, "/new", 4) != 0))
    return BOUNCEPARSE_NO_TIME;
  gint64 seconds = g_ascii_isdigit(slash[1]) ? g_ascii_strtoll(slash + 1, &end, 10) : 0;
  return seconds > 0 && seconds < G_MAXINT32 * G_GINT64_CONSTANT(4) && *end == '.' ? seconds : BOUNCEPARSE_NO_TIME;
}

/* "From bounce@example.org Mon Nov 23 10:00:00 2026", which is taken for UTC (RFC 4155). */
static gint64 from_line_time(const char *bytes, gsize length) {
  gsize n = MIN(from_line_length(bytes, length), 512);
  g_autofree char *line = g_strndup(bytes, n);
  for (char *at = line + MIN(n, 5); (at = strchr(at, ' ')); at++) {
    struct tm tm = {0};
    if (strptime(at, " %a %b %d %H:%M:%S %Y", &tm))
      return timegm(&tm);
  }
  return BOUNCEPARSE_NO_TIME;
}

gint64 bp_bounce_time(gint64 date, const char *source, const char *bytes, gsize length, gint64 modified, gint64 now) {
  if (date != BOUNCEPARSE_NO_TIME && date <= now + DAY)
    return date;
  gint64 others[] = {maildir_time(source), from_line_time(bytes, length), modified};
  for (guint i = 0; i < G_N_ELEMENTS(others); i++)
    if (others[i] != BOUNCEPARSE_NO_TIME && others[i] <= now + DAY)
      return others[i];
  return now;
}
