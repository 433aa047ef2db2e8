/* html-module.c - what a reader of HTML sees, by libxml2's HTML parser
 *
 * A module of its own: linked in, libxml2 makes every start half as long again, and few bounces have to be read by
 * their HTML. */
#include <gmodule.h>
#include <libxml/HTMLparser.h>
#include <string.h>

/* Where the parser is given up, so that no HTML is slow: */
#define DEPTH_MAX 400           /* open elements: libxml2 looks through them at every end tag */
#define WAITING_MAX (16 * 1024) /* bytes of one tag or run of text that it waits for the end of */
#define ATTRIBUTES_MAX 50000000 /* sum of the squares of tags' attributes: it compares each with all before */

#define PIECE (8 * 1024) /* bytes given to it at a time */

typedef struct {
  GString *out;
  gsize limit;
  guint newlines;  /* pending line ends: 2 for an empty line */
  gboolean blank;  /* a pending blank */
  gboolean indent; /* a pending blank at the beginning of a line, which continues a folded field */
  guint skipped;   /* open elements whose content is no text */
  guint pre;       /* open elements whose line ends count */
  guint depth;
  guint64 attributes;
  gboolean links;     /* addresses that only links name are written behind their text */
  gboolean has_links; /* there are such */
  char *link;         /* that of the open link, or NULL */
  gboolean given_up;
  xmlParserCtxtPtr parser;
} Writer;

/* What an element means for lines of text. */
typedef enum { INLINE, SKIPPED, CELL, BREAK, BLOCK, PARAGRAPH, PRE } Effect;

static const struct {
  const char *name;
  Effect effect;
} effects[] = {
    {"script", SKIPPED},  {"style", SKIPPED},    {"head", SKIPPED}, {"title", SKIPPED}, {"template", SKIPPED},
    {"noscript", INLINE}, {"td", CELL},          {"th", CELL},      {"br", BREAK},      {"hr", BLOCK},
    {"div", BLOCK},       {"tr", BLOCK},         {"li", BLOCK},     {"table", BLOCK},   {"ul", PARAGRAPH},
    {"ol", PARAGRAPH},    {"dl", PARAGRAPH},     {"dt", BLOCK},     {"dd", BLOCK},      {"p", PARAGRAPH},
    {"h1", PARAGRAPH},    {"h2", PARAGRAPH},     {"h3", PARAGRAPH}, {"h4", PARAGRAPH},  {"h5", PARAGRAPH},
    {"h6", PARAGRAPH},    {"blockquote", BLOCK}, {"center", BLOCK}, {"form", BLOCK},    {"address", BLOCK},
    {"section", BLOCK},   {"article", BLOCK},    {"header", BLOCK}, {"footer", BLOCK},  {"caption", BLOCK},
    {"pre", PRE},         {"textarea", PRE},
};

static Effect effect_of(const xmlChar *name) {
  for (guint i = 0; i < G_N_ELEMENTS(effects); i++)
    if (strcmp(effects[i].name, (const char *)name) == 0)
      return effects[i].effect;
  return INLINE;
}

static void break_line(Writer *w, guint newlines) {
  w->newlines = MAX(w->newlines, newlines);
}

static void apply(Writer *w, Effect effect) {
  switch (effect) {
  case CELL:
    w->blank = TRUE;
    break;
  case BLOCK:
  case PRE:
    break_line(w, 1);
    break;
  case PARAGRAPH:
    break_line(w, 2);
    break;
  default:
    break;
  }
}

static void give_up(Writer *w) {
  w->given_up = TRUE;
  xmlStopParser(w->parser);
}

static guint64 count(const xmlChar **attributes) {
  guint64 n = 0;
  while (attributes && attributes[2 * n])
    n++;
  return n;
}

/* "mailto:bob@example.com?subject=hello" */
static void open_link(Writer *w, const xmlChar **attributes) {
  g_clear_pointer(&w->link, g_free);
  for (guint i = 0; attributes && attributes[i]; i += 2) {
    const char *value = (const char *)attributes[i + 1];
    if (value && strcmp((const char *)attributes[i], "href") == 0 && g_ascii_strncasecmp(value, "mailto:", 7) == 0) {
      w->has_links = TRUE;
      w->link = w->links ? g_strndup(value + 7, strcspn(value + 7, "?<> \t\r\n")) : NULL;
    }
  }
}

static void start_element(void *data, const xmlChar *name, const xmlChar **attributes) {
  Writer *w = data;
  Effect effect = effect_of(name);
  guint64 n = count(attributes);
  w->attributes += n * n;
  if (++w->depth > DEPTH_MAX || w->attributes > ATTRIBUTES_MAX) {
    give_up(w);
    return;
  }
  if (name[0] == 'a' && !name[1])
    open_link(w, attributes);
  if (effect == SKIPPED)
    w->skipped++;
  if (effect == PRE)
    w->pre++;
  if (effect == BREAK && !w->skipped)
    w->newlines = MIN(w->newlines + 1, 2);
  apply(w, effect);
}

static void put_pending(Writer *w) {
  if (w->out->len) {
    if (w->newlines)
      g_string_append_len(w->out, "\n\n", MIN(w->newlines, 2));
    if (w->newlines ? w->indent : w->blank)
      g_string_append_c(w->out, ' ');
  }
  w->newlines = 0;
  w->blank = w->indent = FALSE;
}

static void close_link(Writer *w) {
  if (!w->skipped && *w->link) {
    put_pending(w);
    g_string_append_printf(w->out, " <%s>", w->link);
  }
  g_clear_pointer(&w->link, g_free);
}

static void end_element(void *data, const xmlChar *name) {
  Writer *w = data;
  Effect effect = effect_of(name);
  if (w->depth)
    w->depth--;
  if (w->link && name[0] == 'a' && !name[1])
    close_link(w);
  if (effect == SKIPPED && w->skipped)
    w->skipped--;
  if (effect == PRE && w->pre)
    w->pre--;
  apply(w, effect);
}

/* The length of the blank at text: ASCII or U+00A0; 0 for none. */
static gsize blank_length(const char *text, const char *end) {
  if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
    return 1;
  return end - text > 1 && (guchar)text[0] == 0xc2 && (guchar)text[1] == 0xa0 ? 2 : 0;
}

static void characters(void *data, const xmlChar *text, int length) {
  Writer *w = data;
  const char *at = (const char *)text, *end = at + length;
  if (w->skipped)
    return;
  if (w->out->len >= w->limit) {
    xmlStopParser(w->parser);
    return;
  }
  while (at < end) {
    gsize blank = blank_length(at, end);
    if (blank) {
      if (w->pre && *at == '\n')
        w->newlines = MIN(w->newlines + 1, 2);
      w->indent = w->pre && *at != '\n';
      w->blank = TRUE;
      at += blank;
      continue;
    }
    const char *word = at;
    while (at < end && !blank_length(at, end))
      at++;
    put_pending(w);
    g_string_append_len(w->out, word, at - word);
  }
}

/* Text that is skipped everywhere: of scripts and styles. */
static void cdata(void *data, const xmlChar *text, int length) {
  Writer *w = data;
  if (!w->skipped)
    characters(data, text, length);
}

static void feed(Writer *w, const char *html, gsize length) {
  htmlCtxtUseOptions(w->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                    HTML_PARSE_IGNORE_ENC | XML_PARSE_HUGE);
  for (gsize at = 0; at < length && !w->given_up; at += PIECE) {
    if (w->out->len >= w->limit)
      return;
    htmlParseChunk(w->parser, html + at, (int)MIN(PIECE, length - at), 0);
    if (w->parser->input && w->parser->input->end - w->parser->input->cur > WAITING_MAX)
      w->given_up = TRUE;
  }
  if (!w->given_up)
    htmlParseChunk(w->parser, NULL, 0, 1);
}

G_MODULE_EXPORT char *bp_html_text(const char *html, gsize length, gsize limit, gsize *text_length);

static void write_text(Writer *w, const char *html, gsize length) {
  xmlSAXHandler handler = {.startElement = start_element,
                           .endElement = end_element,
                           .characters = characters,
                           .ignorableWhitespace = characters,
                           .cdataBlock = cdata};
  w->out = g_string_new(NULL);
  w->parser = htmlCreatePushParserCtxt(&handler, w, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
  if (w->parser) {
    feed(w, html, length);
    htmlFreeParserCtxt(w->parser);
  }
  g_clear_pointer(&w->link, g_free);
}

/* The text of length bytes of HTML in UTF-8, at most about limit bytes, for g_free(); NULL where the parser gave up. */
char *bp_html_text(const char *html, gsize length, gsize limit, gsize *text_length) {
  Writer w = {.limit = limit};
  write_text(&w, html, length);
  if (w.parser && !w.given_up && w.has_links && !memchr(w.out->str, '@', w.out->len)) {
    g_string_free(w.out, TRUE); /* nobody is named but by links */
    w = (Writer){.limit = limit, .links = TRUE};
    write_text(&w, html, length);
  }
  if (!w.parser || w.given_up) {
    g_string_free(w.out, TRUE);
    return NULL;
  }
  *text_length = w.out->len;
  return g_string_free(w.out, FALSE);
}
