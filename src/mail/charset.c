/* charset.c - bytes in any charset, rightly or wrongly labelled, as UTF-8 */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define NAME_MAX_LENGTH 40          /* longer charset names are nobody's */
#define ISO_2022_JP "ISO-2022-JP-3" /* iconv's, with half-width katakana */
#define REPLACEMENT "\xEF\xBF\xBD"
#define ESCAPE '\x1b'
#define SHIFT_OUT '\x0e'

/* ---- names -------------------------------------------------------------------------------------------------- */

typedef enum {
  BYTES,     /* a byte a character; ASCII stands for itself */
  MULTIBYTE, /* ASCII stands for itself, other characters are several bytes */
  UNICODE,   /* the label says UTF-8, ASCII or nothing that is known */
  ESCAPED,   /* 7-bit, stateful: ASCII stands for itself where there are no escapes */
  SHIFTED,   /* 7-bit: some ASCII characters begin something else */
  WIDE       /* UTF-16 and UTF-32 */
} Family;

typedef struct {
  const char *prefix; /* of the label, lower case */
  const char *name;   /* iconv's; NULL: the label itself */
  Family family;
} Charset;

/* Labels that mail uses for something wider, or under names that iconv does not know. The first prefix that fits
 * decides. */
static const Charset charsets[] = {
    {"utf-8", NULL, UNICODE},
    {"utf8", NULL, UNICODE},
    {"us-ascii", NULL, UNICODE},
    {"ascii", NULL, UNICODE},
    {"unknown", NULL, UNICODE},
    {"x-unknown", NULL, UNICODE},
    {"default", NULL, UNICODE},
    {"iso-8859-1", "WINDOWS-1252", BYTES}, /* see also is_whole() */
    {"iso8859-1", "WINDOWS-1252", BYTES},
    {"iso_8859-1", "WINDOWS-1252", BYTES},
    {"latin1", "WINDOWS-1252", BYTES},
    {"iso-8859-8-", "ISO-8859-8", BYTES},
    {"iso-8859-6-", "ISO-8859-6", BYTES},
    {"iso-8859-9", "WINDOWS-1254", BYTES},
    {"iso-8859-11", "CP874", BYTES},
    {"windows-874", "CP874", BYTES},
    {"x-mac-roman", "MACINTOSH", BYTES},
    {"windows-31j", "CP932", MULTIBYTE},
    {"shift_jis", "CP932", MULTIBYTE},
    {"shift-jis", "CP932", MULTIBYTE},
    {"sjis", "CP932", MULTIBYTE},
    {"x-sjis", "CP932", MULTIBYTE},
    {"ms_kanji", "CP932", MULTIBYTE},
    {"euc-jp", "EUC-JP-MS", MULTIBYTE},
    {"x-euc-jp", "EUC-JP-MS", MULTIBYTE},
    {"ks_c_5601", "CP949", MULTIBYTE},
    {"ksc5601", "CP949", MULTIBYTE},
    {"ksc_5601", "CP949", MULTIBYTE},
    {"euc-kr", "CP949", MULTIBYTE},
    {"cp932", "CP932", MULTIBYTE},
    {"cp949", "CP949", MULTIBYTE},
    {"uhc", "CP949", MULTIBYTE},
    {"gb18030", "GB18030", MULTIBYTE},
    {"gb2312", "GB18030", MULTIBYTE},
    {"gb_2312", "GB18030", MULTIBYTE},
    {"x-gbk", "GB18030", MULTIBYTE},
    {"gbk", "GB18030", MULTIBYTE},
    {"cp936", "GB18030", MULTIBYTE},
    {"windows-936", "GB18030", MULTIBYTE},
    {"euc-cn", "GB18030", MULTIBYTE},
    {"x-x-big5", "BIG5-HKSCS", MULTIBYTE},
    {"euc-tw", NULL, MULTIBYTE},
    {"johab", NULL, MULTIBYTE},
    {"big5", "BIG5-HKSCS", MULTIBYTE},
    {"unicode-1-1-utf-7", "UTF-7", SHIFTED},
    {"x-unicode-2-0-utf-7", "UTF-7", SHIFTED},
    {"utf-7", "UTF-7", SHIFTED},
    {"utf7", "UTF-7", SHIFTED},
    {"hz", NULL, SHIFTED}, /* iconv has none */
    {"iso-2022-jp", ISO_2022_JP, ESCAPED},
    {"csiso2022jp", ISO_2022_JP, ESCAPED},
    {"cp5022", ISO_2022_JP, ESCAPED},
    {"iso-2022-", NULL, ESCAPED},
    {"utf-16le", "UTF-16LE", WIDE},
    {"utf-16be", "UTF-16BE", WIDE},
    {"utf-16", "UTF-16", WIDE},
    {"utf16", "UTF-16", WIDE},
    {"ucs-2", "UTF-16", WIDE},
    {"iso-10646-ucs-2", "UTF-16", WIDE},
    {"utf-32le", "UTF-32LE", WIDE},
    {"utf-32be", "UTF-32BE", WIDE},
    {"utf-32", "UTF-32", WIDE},
    {"ucs-4", "UTF-32", WIDE},
};

/* "iso-8859-1" must not take "iso-8859-15": behind a prefix that ends in a digit no digit may stand. */
static gboolean is_whole(const char *label, const char *prefix) {
  gsize length = strlen(prefix);
  return !g_ascii_isdigit(prefix[length - 1]) || !g_ascii_isdigit(label[length]);
}

/* What iconv calls the charset and how it is built. FALSE for labels that cannot be a charset's name. */
static gboolean look_up(const char *label, char *name, Family *family) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.:+";
  gsize length = 0;
  while (label[length] && length < NAME_MAX_LENGTH) {
    name[length] = g_ascii_tolower(label[length]);
    length++;
  }
  name[length] = '\0';
  if (label[length] || length == 0 || strspn(name, allowed) != length)
    return FALSE;

  *family = BYTES;
  for (guint i = 0; i < G_N_ELEMENTS(charsets); i++) {
    if (!g_str_has_prefix(name, charsets[i].prefix) || !is_whole(name, charsets[i].prefix))
      continue;
    *family = charsets[i].family;
    if (charsets[i].name)
      g_strlcpy(name, charsets[i].name, NAME_MAX_LENGTH + 1);
    return TRUE;
  }
  return TRUE;
}

/* ---- converters --------------------------------------------------------------------------------------------- */

/* Opening one costs more than a short text, so a thread keeps those it used last. */
#define CACHED 8

typedef struct {
  char name[NAME_MAX_LENGTH + 1];
  iconv_t converter;
} Converter;

typedef struct {
  Converter converters[CACHED];
  guint used;
  guint next;
} Cache;

static void cache_free(gpointer data) {
  Cache *cache = data;
  for (guint i = 0; i < cache->used; i++)
    if (cache->converters[i].converter != (iconv_t)-1)
      iconv_close(cache->converters[i].converter);
  g_free(cache);
}

static GPrivate thread_cache = G_PRIVATE_INIT(cache_free);

/* The converter from name to UTF-8, in its initial state; (iconv_t)-1 where iconv has none, which is kept too. */
static iconv_t converter_for(const char *name) {
  Cache *cache = g_private_get(&thread_cache);
  if (!cache) {
    cache = g_new0(Cache, 1);
    g_private_set(&thread_cache, cache);
  }
  for (guint i = 0; i < cache->used; i++)
    if (strcmp(cache->converters[i].name, name) == 0) {
      if (cache->converters[i].converter != (iconv_t)-1)
        iconv(cache->converters[i].converter, NULL, NULL, NULL, NULL);
      return cache->converters[i].converter;
    }

  Converter *slot = &cache->converters[cache->next];
  if (cache->next < cache->used && slot->converter != (iconv_t)-1)
    iconv_close(slot->converter);
  g_strlcpy(slot->name, name, sizeof slot->name);
  slot->converter = iconv_open("UTF-8", name);
  cache->used = MAX(cache->used, cache->next + 1);
  cache->next = (cache->next + 1) % CACHED;
  return slot->converter;
}

/* Where so many bytes and a quarter of all cannot be converted, the label is wrong. */
#define HOPELESS 256

/* Appends the text to out; returns how many bytes or units could not be converted, G_MAXSIZE where it was given up. */
static gsize convert(iconv_t converter, const char *bytes, gsize length, gsize unit, gsize limit, GString *out) {
  char *in = (char *)(guintptr)bytes;
  gsize left = length, failed = 0;
  char buffer[4096];
  while (left > 0 && out->len < limit) {
    char *to = buffer;
    gsize room = sizeof buffer;
    int reason = iconv(converter, &in, &left, &to, &room) == (gsize)-1 ? errno : 0;
    g_string_append_len(out, buffer, to - buffer);
    if (reason == 0 || reason == E2BIG)
      continue;
    g_string_append(out, REPLACEMENT);
    if (++failed > HOPELESS && failed > (length - left) / unit / 4)
      return G_MAXSIZE;
    gsize skipped = MIN(left, reason == EINVAL ? left : unit);
    in += skipped;
    left -= skipped;
  }
  char *to = buffer;
  gsize room = sizeof buffer;
  iconv(converter, NULL, NULL, &to, &room); /* some keep a character back that the next may combine with */
  g_string_append_len(out, buffer, to - buffer);
  return failed;
}

/* ---- guessing ----------------------------------------------------------------------------------------------- */

gboolean bp_is_ascii(const char *bytes, gsize length) {
  gsize i = 0;
  for (guint64 word; i + sizeof word <= length; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    if (word & G_GUINT64_CONSTANT(0x8080808080808080))
      return FALSE;
  }
  for (; i < length; i++)
    if ((guchar)bytes[i] & 0x80)
      return FALSE;
  return TRUE;
}

/* How many bytes at the end begin a UTF-8 character that is cut off. */
static gsize cut_tail(const char *bytes, gsize length) {
  for (gsize back = 1; back <= 3 && back <= length; back++) {
    guchar c = (guchar)bytes[length - back];
    if (c < 0x80)
      return 0;
    if (c >= 0xc0)
      return (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) > back ? back : 0;
  }
  return 0;
}

/* Runs of valid UTF-8 are appended as they are, other bytes as U+FFFD; NUL is left out. Returns the count of bad bytes.
 */
static gsize repair(const char *bytes, gsize length, gsize limit, GString *out) {
  gsize bad = 0;
  for (const char *at = bytes, *end = bytes + length, *stop; at < end && out->len < limit; at = stop) {
    g_utf8_validate_len(at, end - at, &stop);
    g_string_append_len(out, at, stop - at);
    if (stop == end)
      break;
    if (*stop) {
      g_string_append(out, REPLACEMENT);
      bad++;
    }
    stop++;
  }
  return bad;
}

static gsize count_8bit(const char *bytes, gsize length) {
  gsize count = 0;
  for (gsize i = 0; i < length; i++)
    count += (guchar)bytes[i] >> 7;
  return count;
}

/* What a text would hold if its characters beyond ASCII were of two bytes each. */
typedef struct {
  gsize characters, bad;
  gsize leads[256]; /* how many begin with a byte */
  gsize ascii;      /* how many end with one of ASCII */
  gsize kana;       /* of Shift_JIS */
} Pairs;

static gboolean is_trail(guchar c, gboolean above) {
  return above ? c >= 0xa1 && c <= 0xfe : c >= 0x40 && c != 0x7f && c <= 0xfc;
}

/* Leading bytes are from least on. Trailing ones are above 0xA0, or may be of ASCII, too. */
static Pairs count_pairs(const guchar *bytes, gsize length, guchar least, gboolean above) {
  Pairs pairs = {0};
  for (gsize i = 0; i < length; i++) {
    guchar c = bytes[i], next = i + 1 < length ? bytes[i + 1] : 0;
    if (c < 0x80)
      continue;
    if (c < least || !is_trail(next, above)) {
      pairs.bad++;
      continue;
    }
    pairs.characters++;
    pairs.leads[c]++;
    pairs.ascii += next < 0x80;
    pairs.kana += (c == 0x82 && next >= 0x9f && next <= 0xf1) || (c == 0x83 && next <= 0x96);
    i++;
  }
  return pairs;
}

static gsize leads_between(const Pairs *pairs, guint from, guint to) {
  gsize sum = 0;
  for (guint c = from; c <= to; c++)
    sum += pairs->leads[c];
  return sum;
}

/* TRUE where a share of the characters, in percent, is at least so large. */
static gboolean is_share(gsize part, gsize whole, gsize percent) {
  return part * 100 >= whole * percent;
}

#define CHARACTERS_LEAST 6 /* fewer tell nothing */
#define PAIRS_LEAST 4      /* fewer, where all bytes beyond ASCII stand in pairs of such */

static gboolean fits_pairs(const Pairs *pairs) {
  return pairs->characters >= CHARACTERS_LEAST && pairs->bad * 20 <= pairs->characters;
}

/* Chinese, Japanese and Korean: by the rows where their common characters stand. NULL for none. */
static const char *two_byte_charset(const guchar *bytes, gsize length) {
  Pairs pairs = count_pairs(bytes, length, 0x81, FALSE);
  if (fits_pairs(&pairs) && is_share(pairs.kana, pairs.characters, 25))
    return "CP932";
  pairs = count_pairs(bytes, length, 0xa1, TRUE);
  if (fits_pairs(&pairs) || (pairs.characters >= PAIRS_LEAST && pairs.bad == 0)) {
    gsize n = pairs.characters - leads_between(&pairs, 0xa1, 0xa3); /* without punctuation */
    if (is_share(leads_between(&pairs, 0xa4, 0xa5), n, 25))
      return "EUC-JP-MS";
    if (is_share(leads_between(&pairs, 0xb0, 0xc8), n, 90))
      return "CP949";
    if (is_share(leads_between(&pairs, 0xb0, 0xd7), n, 80))
      return "GB18030";
  }
  pairs = count_pairs(bytes, length, 0xa1, FALSE);
  if (fits_pairs(&pairs) && is_share(pairs.ascii, pairs.characters, 15) &&
      is_share(leads_between(&pairs, 0xa4, 0xc6), pairs.characters - leads_between(&pairs, 0xa1, 0xa3), 80))
    return "BIG5-HKSCS";
  return NULL;
}

/* Letters of the Cyrillic alphabet stand in words, those beyond ASCII of a Latin one mostly alone; which half of the
 * upper letters the small ones have tells the charset. NULL for none. */
static const char *cyrillic_charset(const guchar *bytes, gsize length) {
  gsize all = 0, in_words = 0, lower = 0, upper = 0;
  for (gsize i = 0, run; i < length; i += run + 1) {
    for (run = 0; i + run < length && bytes[i + run] >= 0x80; run++) {
      lower += bytes[i + run] >= 0xc0 && bytes[i + run] < 0xe0;
      upper += bytes[i + run] >= 0xe0;
    }
    all += run;
    in_words += run >= 3 ? run : 0;
  }
  if (all < 2 * CHARACTERS_LEAST || !is_share(in_words, all, 80) || !is_share(lower + upper, all, 90))
    return NULL;
  return upper > 2 * lower ? "WINDOWS-1251" : lower > 2 * upper ? "KOI8-R" : NULL;
}

#define LIKELY_LOOK 8192

/* What the bytes of a text without a label look like. */
static const char *likely_charset(const char *bytes, gsize length) {
  gsize look = MIN(length, LIKELY_LOOK);
  const char *name = cyrillic_charset((const guchar *)bytes, look); /* of pairs fewer bytes are so high */
  if (!name)
    name = two_byte_charset((const guchar *)bytes, look);
  return name && converter_for(name) != (iconv_t)-1 ? name : "WINDOWS-1252";
}

/* Text that is not valid UTF-8 and has no label to be believed. */
static void guess(const char *bytes, gsize length, gsize limit, GString *out) {
  gsize most = MIN(length, limit);
  iconv_t converter = converter_for(likely_charset(bytes, length));
  g_string_truncate(out, 0);
  gsize bad = repair(bytes, most, limit, out);
  if (bad * 4 <= count_8bit(bytes, most) || converter == (iconv_t)-1)
    return; /* UTF-8 with a few damaged characters; or no charset modules, and what is ASCII can be read */

  g_string_truncate(out, 0);
  if (convert(converter, bytes, length, 1, limit, out) == G_MAXSIZE) {
    g_string_truncate(out, 0);
    repair(bytes, most, limit, out);
  }
}

/* The charset of text that says it is in 7-bit Japanese but has 8-bit bytes: EUC-JP has none below 0xA0, but for its
 * two single shifts. */
static const char *japanese(const char *bytes, gsize length) {
  for (gsize i = 0; i < length; i++) {
    guchar c = (guchar)bytes[i];
    if (c >= 0x80 && c < 0xa0 && c != 0x8e && c != 0x8f)
      return "CP932";
  }
  return "EUC-JP-MS";
}

/* Bytes that are skipped where a character cannot be converted. */
static gsize unit_of(Family family, const char *name) {
  if (family != WIDE)
    return 1;
  return name[4] == '3' ? 4 : 2;
}

/* UTF-16 and UTF-32 in either order: the mark tells it, which is skipped, else the place of the zero bytes of ASCII
 * characters. (iconv's own "UTF-16" does not forget the order when it is reset.) */
static void find_byte_order(char *name, const char **bytes, gsize *length) {
  gsize unit = unit_of(WIDE, name), look = MIN(*length, 512), zeros[2] = {0, 0};
  const guchar *b = (const guchar *)*bytes;
  if (strlen(name) > strlen("UTF-16"))
    return;
  gboolean little = *length >= unit && b[0] == 0xff && b[1] == 0xfe;
  gboolean marked = little || (*length >= unit && b[unit - 2] == 0xfe && b[unit - 1] == 0xff);
  for (gsize i = 0; i + unit <= look && !marked; i += unit) {
    zeros[0] += b[i] == 0;
    zeros[1] += b[i + unit - 1] == 0;
  }
  strcat(name, little || zeros[1] > zeros[0] ? "LE" : "BE");
  *bytes += marked ? unit : 0;
  *length -= marked ? unit : 0;
}

static gboolean has_escapes(const char *bytes, gsize length) {
  for (const char *at = bytes, *end = bytes + length; (at = memchr(at, ESCAPE, end - at)); at++)
    if (at + 2 < end && (at[1] == '$' || at[1] == '('))
      return TRUE;
  return FALSE;
}

/* What is known of the bytes before anything is converted. */
typedef struct {
  gsize whole; /* their length without a character cut off at the end */
  gboolean ascii;
  gboolean valid;   /* UTF-8, without NUL */
  gboolean escapes; /* of ISO-2022, in plain ASCII */
} Look;

static Look look_at(const char *bytes, gsize length) {
  Look look = {.whole = length, .ascii = bp_is_ascii(bytes, length)};
  if (look.ascii) {
    look.valid = !memchr(bytes, 0, length);
    look.escapes = has_escapes(bytes, length);
    return look;
  }
  gsize whole = length - cut_tail(bytes, length);
  look.valid = g_utf8_validate_len(bytes, whole, NULL) && (whole == length || !bp_is_ascii(bytes, whole));
  look.whole = look.valid ? whole : length;
  return look;
}

/* TRUE where the bytes are taken as they are. */
static gboolean is_text_already(Family family, const Look *look, const char *bytes) {
  if (!look->valid)
    return FALSE;
  switch (family) {
  case UNICODE:
  case BYTES: /* what is valid UTF-8 beyond ASCII is hardly ever anything else, whatever the label says */
    return !look->escapes;
  case MULTIBYTE: /* here it may be */
    return look->ascii && !look->escapes;
  case ESCAPED:
    return !look->escapes && !memchr(bytes, SHIFT_OUT, look->whole);
  case SHIFTED:
    return !look->ascii || !memchr(bytes, '+', look->whole);
  case WIDE: /* not one zero byte, not even in a line end: wrongly labelled */
    return TRUE;
  }
  return FALSE;
}

/* NUL ends strings everywhere behind this door. */
static void drop_nul(GString *text) {
  gsize to = 0;
  if (!memchr(text->str, 0, text->len))
    return;
  for (gsize from = 0; from < text->len; from++)
    if (text->str[from])
      text->str[to++] = text->str[from];
  g_string_truncate(text, to);
}

const char *bp_charset_decode(const char *charset, const char *bytes, gsize length, gsize limit, GString *scratch,
                              gsize *utf8_length) {
  char name[NAME_MAX_LENGTH + 1];
  Family family = UNICODE;
  if (charset && !look_up(charset, name, &family))
    family = UNICODE;

  Look look = look_at(bytes, length);
  *utf8_length = look.whole;
  if (is_text_already(family, &look, bytes))
    return bytes;
  if (look.escapes && (family == UNICODE || family == BYTES || family == MULTIBYTE)) {
    g_strlcpy(name, ISO_2022_JP, sizeof name);
    family = ESCAPED;
  }

  g_string_truncate(scratch, 0);
  iconv_t converter = (iconv_t)-1;
  if (family == WIDE)
    find_byte_order(name, &bytes, &length);
  if (family == ESCAPED && !look.ascii && !has_escapes(bytes, length) && strcmp(name, ISO_2022_JP) == 0)
    g_strlcpy(name, japanese(bytes, length), sizeof name);
  if (family != UNICODE)
    converter = converter_for(name);
  if (converter == (iconv_t)-1 && look.valid)
    return bytes;
  gsize failed = G_MAXSIZE;
  if (converter != (iconv_t)-1)
    failed = convert(converter, bytes, length, unit_of(family, name), limit, scratch);
  if (failed && look.valid && family == MULTIBYTE)
    return bytes; /* UTF-8 with a wrong label */
  if (failed == G_MAXSIZE)
    guess(bytes, length, limit, scratch);

  drop_nul(scratch);
  *utf8_length = scratch->len;
  return scratch->str;
}
