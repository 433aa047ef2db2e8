/* html.c - what a reader of HTML sees: libxml2's parser where it can be loaded, else a stripper of tags */
#include "mail/html.h"

#include "base/module.h"

#include <string.h>

/* libxml2 makes a start half as long again, so it is in a module that is loaded for the first HTML part. */
typedef char *(*HtmlText)(const char *html, gsize length, gsize limit, gsize *text_length);

static gpointer load_module(gpointer unused) {
  return bp_module_symbol("html", "bp_html_text");
}

char *bp_html_to_text(const char *html, gsize length, gsize limit, gsize *text_length) {
  static GOnce once = G_ONCE_INIT;
  HtmlText parse = (HtmlText)(guintptr)g_once(&once, load_module, NULL);
  char *text = parse ? parse(html, length, limit, text_length) : NULL;
  return text ? text : bp_html_strip(html, length, limit, text_length);
}

/* ---- the stripper ------------------------------------------------------------------------------------------- */

/* Text that grows word by word: blanks between them are kept back until the next word. */
typedef struct {
  GString *out;
  int newlines; /* pending */
  gboolean blank;
} Writer;

static void put(Writer *w, const char *text, gsize length) {
  if (w->newlines && w->out->len)
    g_string_append(w->out, w->newlines > 1 ? "\n\n" : "\n");
  else if (w->blank && w->out->len)
    g_string_append_c(w->out, ' ');
  w->newlines = 0;
  w->blank = FALSE;
  g_string_append_len(w->out, text, (gssize)length);
}

/* The length of the blank at text: ASCII or U+00A0; 0 for none. */
static gsize blank_length(const char *text, const char *end) {
  if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
    return 1;
  return end - text > 1 && text[0] == '\xc2' && text[1] == '\xa0' ? 2 : 0;
}

/* An entity's character as UTF-8 in buffer; the length of its reference, 0 for none. */
static gsize read_entity(const char *at, const char *end, char *buffer) {
  static const struct {
    const char *name;
    const char *text;
  } entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", " "}};
  for (guint i = 0; i < G_N_ELEMENTS(entities); i++) {
    gsize n = strlen(entities[i].name);
    if ((gsize)(end - at) >= n && memcmp(at, entities[i].name, n) == 0) {
      strcpy(buffer, entities[i].text);
      return n;
    }
  }
  if (end - at < 4 || at[1] != '#')
    return 0;
  gboolean hex = at[2] == 'x' || at[2] == 'X';
  gunichar c = 0;
  const char *digit = at + (hex ? 3 : 2);
  for (; digit < end && digit < at + 10 && (hex ? g_ascii_isxdigit(*digit) : g_ascii_isdigit(*digit)); digit++)
    c = c * (hex ? 16 : 10) + (gunichar)g_ascii_xdigit_value(*digit);
  if (digit == end || *digit != ';' || c < ' ' || !g_unichar_validate(c))
    return 0;
  buffer[c == 0xa0 ? g_unichar_to_utf8(' ', buffer) : g_unichar_to_utf8(c, buffer)] = '\0';
  return digit + 1 - at;
}

/* How many line ends a tag stands for. */
static int tag_newlines(const char *name, gsize length) {
  static const char *const blocks[] = {"br", "p",  "div", "tr", "li", "ul", "ol",  "table",     "h1",
                                       "h2", "h3", "h4",  "h5", "h6", "hr", "pre", "blockquote"};
  for (guint i = 0; i < G_N_ELEMENTS(blocks); i++)
    if (strlen(blocks[i]) == length && g_ascii_strncasecmp(name, blocks[i], length) == 0)
      return 1;
  return 0;
}

/* Behind the element at name whose content is no text, or NULL. */
static const char *skip_element(const char *name, gsize length, const char *end) {
  static const char *const skipped[] = {"script", "style", "title"};
  for (guint i = 0; i < G_N_ELEMENTS(skipped); i++) {
    gsize n = strlen(skipped[i]);
    if (n != length || g_ascii_strncasecmp(name, skipped[i], n) != 0)
      continue;
    for (const char *at = name + n; (at = memchr(at, '<', end - at)); at++)
      if ((gsize)(end - at) > n + 2 && at[1] == '/' && g_ascii_strncasecmp(at + 2, skipped[i], n) == 0)
        return at;
    return end;
  }
  return NULL;
}

static gboolean is_tag(const char *at, const char *end) {
  return *at == '<' && at + 1 < end && (g_ascii_isalpha(at[1]) || at[1] == '/' || at[1] == '!' || at[1] == '?');
}

static const char *skip_tag(Writer *w, const char *at, const char *end) {
  if (end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
    const char *stop = g_strstr_len(at + 4, end - at - 4, "-->");
    return stop ? stop + 3 : end;
  }
  gboolean closing = at + 1 < end && at[1] == '/';
  const char *name = at + 1 + closing;
  gsize length = 0;
  while (name + length < end && g_ascii_isalnum(name[length]))
    length++;
  w->newlines = MAX(w->newlines, tag_newlines(name, length));
  w->blank |= length == 2 && name[0] == 't' && (name[1] == 'd' || name[1] == 'h');
  const char *behind = closing ? NULL : skip_element(name, length, end);
  if (behind)
    return behind;
  const char *stop = memchr(at, '>', end - at);
  return stop ? stop + 1 : end;
}

char *bp_html_strip(const char *html, gsize length, gsize limit, gsize *text_length) {
  Writer w = {g_string_new(NULL), 0, FALSE};
  const char *end = html + length;
  for (const char *at = html; at < end && w.out->len < limit;) {
    char entity[8];
    gsize taken = *at == '&' ? read_entity(at, end, entity) : 0, blank = blank_length(at, end);
    if (taken) {
      if (*entity == ' ')
        w.blank = TRUE;
      else
        put(&w, entity, strlen(entity));
      at += taken;
    } else if (is_tag(at, end)) {
      at = skip_tag(&w, at, end);
    } else if (blank) {
      w.blank = TRUE;
      at += blank;
    } else {
      const char *word = at++;
      while (at < end && !blank_length(at, end) && *at != '&' && !is_tag(at, end))
        at++;
      put(&w, word, at - word);
    }
  }
  *text_length = w.out->len;
  return g_string_free(w.out, FALSE);
}
