/* log.c - a delivery as a line of a mail log tells it
 *
 * The forms of lines are data: log-failed and log-delayed in patterns/layouts. */
#include "report/log.h"

#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define DAY (24 * 60 * 60)
#define LINE_MAX_BYTES (2 * BP_REPLY_MAX) /* of a line that are looked at */

/* ---- times -------------------------------------------------------------------------------------------------- */

/* Digits in the places that pattern marks with 9; other characters as they are, A for a letter, ? for anything. */
static gboolean fits(const char *text, gsize length, const char *pattern) {
  gsize n = strlen(pattern);
  if (length < n)
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    char want = pattern[i], have = text[i];
    gboolean good = want == '9'   ? g_ascii_isdigit(have)
                    : want == 'A' ? g_ascii_isalpha(have)
                    : want == '?' ? have == ' ' || g_ascii_isdigit(have) || have == 'T'
                                  : want == have;
    if (!good)
      return FALSE;
  }
  return TRUE;
}

gboolean bp_log_is_line(const char *line, gsize length) {
  return fits(line, length, "AAA ?9 99:99:99 ") || fits(line, length, "AAA ?9 99:99:99.") ||
         fits(line, length, "9999-99-99?99:99:99");
}

static int month_of(const char *name) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (int i = 0; i < 12; i++)
    if (g_ascii_strncasecmp(name, months + 3 * i, 3) == 0)
      return i + 1;
  return 0;
}

static gint64 utc(int year, int month, int day, const char *clock) {
  g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, atoi(clock), atoi(clock + 3), atoi(clock + 6));
  return time ? g_date_time_to_unix(time) : BP_NO_TIME;
}

static gint64 syslog_time(const char *line, gint64 now) {
  g_autoptr(GDateTime) today = g_date_time_new_from_unix_utc(now);
  const char *clock = line + 5 + strspn(line + 4, "0123456789"); /* behind a day of one digit or two */
  int month = month_of(line), year = g_date_time_get_year(today);
  gint64 time = month ? utc(year, month, atoi(line + 4), clock) : BP_NO_TIME;
  return time != BP_NO_TIME && time > now + DAY ? utc(year - 1, month, atoi(line + 4), clock) : time;
}

static gint64 time_of(const char *line, gint64 now) {
  if (g_ascii_isalpha(*line))
    return syslog_time(line, now);
  g_autofree char *iso = g_strndup(line, strcspn(line + 11, " ") + 11);
  iso[10] = 'T';
  g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(iso, zone);
  return time ? g_date_time_to_unix(time) : BP_NO_TIME;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

static BpAction action_of(const BpTables *t, guint32 matcher) {
  const BpGroupRecord *group = &t->groups[t->matchers[matcher].owner];
  for (guint32 i = 0; i < group->entries.n; i++) {
    const BpEntryRecord *e = &t->entries[group->entries.first + i];
    if (e->matcher == matcher)
      return g_str_equal(BP_STR(t, e->key), "log-delayed") ? BP_ACTION_DELAYED : BP_ACTION_FAILED;
  }
  return BP_ACTION_FAILED;
}

static const char *captured(BpArena *arena, const BpMatcher *m, const char *line, const char *name) {
  return bp_captured(arena, m, line, name, LINE_MAX_BYTES);
}

/* Exim writes the line ends of a reply as "\n". */
static const char *unfolded(BpArena *arena, const char *reply) {
  if (!strstr(reply, "\\n"))
    return reply;
  char *lines = bp_arena_strndup(arena, reply, strlen(reply));
  for (char *end = lines; (end = strstr(end, "\\n"));) {
    *end = '\n';
    memmove(end + 1, end + 2, strlen(end + 2) + 1);
  }
  return lines;
}

static BpRecipient *take(BpReading *r, const char *line, const char *address, guint32 matcher, gint64 now) {
  const char *reply = captured(r->arena, r->matcher, line, "reply"),
             *host = captured(r->arena, r->matcher, line, "remote_host"),
             *ip = captured(r->arena, r->matcher, line, "remote_ip"),
             *status = captured(r->arena, r->matcher, line, "status"),
             *alias = captured(r->arena, r->matcher, line, "alias"),
             *log_id = captured(r->arena, r->matcher, line, "log_id");
  BpRecipient *recipient = bp_arena_alloc(r->arena, sizeof(BpRecipient));
  *recipient = (BpRecipient){
      .action = action_of(r->tables, matcher), .log_id = log_id, .remote_ip = ip, .will_retry_until = BP_NO_TIME};
  recipient->address = bp_address_of(r->arena, address, TRUE);
  if (alias && !bp_address_same(bp_address_of(r->arena, alias, TRUE), recipient->address))
    recipient->original_address = bp_address_of(r->arena, alias, TRUE);
  recipient->status = status;
  recipient->last_attempt = time_of(line, now);
  if (host)
    bp_host_of(r->arena, host, &recipient->remote_host, &recipient->remote_ip);
  if (reply) {
    reply = unfolded(r->arena, reply);
    bp_recipient_reply(r, recipient, reply, strlen(reply));
    bp_recipient_context(r, recipient, reply, strlen(reply));
  }
  return recipient;
}

/* Sendmail names those that share a delivery one behind the other: "<a@example.com>,<b@example.com>". */
static void take_all(BpReading *r, const char *line, guint32 matcher, gint64 now, GPtrArray *recipients) {
  const char *named = captured(r->arena, r->matcher, line, "recipient");
  g_auto(GStrv) addresses = g_strsplit(named ? named : "", named && strchr(named, '"') ? ">,<" : ",", -1);
  const char *first = addresses[0] ? addresses[0] : "";
  BpRecipient *recipient = take(r, line, first, matcher, now);
  g_ptr_array_add(recipients, recipient);
  for (guint i = 1; *first && addresses[i]; i++) {
    BpRecipient *other = bp_arena_alloc(r->arena, sizeof(BpRecipient));
    *other = *recipient;
    other->address = bp_address_of(r->arena, addresses[i], TRUE);
    g_ptr_array_add(recipients, other);
  }
}

void bp_log_read(BpArena *arena, BpMatcher *matcher, const char *line, gsize length, gint64 now,
                 GPtrArray *recipients) {
  BpReading r = {.arena = arena, .matcher = matcher, .tables = bp_matcher_tables(matcher)};
  if (!bp_log_is_line(line, length))
    return;
  const char *text = bp_one_line(arena, line, length, LINE_MAX_BYTES);
  BpCandidates candidates = bp_matcher_candidates(matcher, BP_MATCH_LOG, text, strlen(text));
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(matcher, &candidates, n)) {
      take_all(&r, text, n, now, recipients);
      return;
    }
}
