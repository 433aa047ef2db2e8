/* in-line.c - looks for all in a pattern that may match a newline (pcre2pattern(3))
 *
 * What it does not understand counts as such: a pattern is then only searched in more text than need be. */
#include "pattern/in-line.h"

#include <string.h>

/* Escapes that match no newline, wherever they stand; \b and \B look at one character, which is none of a word. */
static gboolean stays(char escape) {
  return strchr("bBdwhSNAtK", escape) != NULL || !g_ascii_isalnum(escape);
}

/* Reads the class at *p, which begins behind its "[". */
static gboolean class_stays(const char **p) {
  const char *c = *p;
  gboolean negated = *c == '^', newline = FALSE, unknown = FALSE;
  c += negated;
  for (gboolean first = TRUE; *c && (*c != ']' || first); first = FALSE, c++) {
    if (*c == '[' && strchr(":.=", c[1]))
      unknown = TRUE;
    if (*c != '\\')
      continue;
    c++;
    newline |= *c == 'n' || *c == 's' || *c == 'v';
    unknown |= !newline && !stays(*c);
    if (!*c)
      return FALSE;
  }
  *p = *c ? c + 1 : c;
  return !unknown && newline == negated;
}

/* At "(?": TRUE where it sets no option that makes "." match a newline or changes the syntax. */
static gboolean group_stays(const char *p) {
  gsize options = strspn(p, "imsxnJU^-");
  return (p[options] != ')' && p[options] != ':') || !memchr(p, 's', options) || memchr(p, '-', options) == p;
}

gboolean bp_stays_in_line(const char *pattern) {
  for (const char *p = pattern; *p;) {
    char c = *p++;
    if (c == '\n' || (c == '[' && !class_stays(&p)) || (c == '(' && *p == '?' && !group_stays(p + 1)) ||
        (c == '(' && *p == '*'))
      return FALSE;
    if (c != '\\')
      continue;
    if (!*p || !stays(*p))
      return FALSE;
    p++;
  }
  return TRUE;
}
