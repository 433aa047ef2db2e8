/* letter.c - which letters are one another's case (Unicode's CaseFolding.txt, simple folding) */
#include "pattern/letter.h"

/* Letters that are one another's case though neither is the other's upper or lower case. */
static const gunichar cousins[][4] = {{'k', 0x212a},
                                      {'s', 0x17f},
                                      {0xe5, 0x212b},
                                      {0x3c9, 0x2126},
                                      {0xb5, 0x3bc, 0x39c},
                                      {0xdf, 0x1e9e},
                                      {0x3b8, 0x3d1, 0x3f4, 0x398},
                                      {0x3c3, 0x3c2},
                                      {0x3b2, 0x3d0},
                                      {0x3c6, 0x3d5},
                                      {0x3c0, 0x3d6},
                                      {0x3ba, 0x3f0},
                                      {0x3c1, 0x3f1},
                                      {0x3b5, 0x3f5},
                                      {0x3b9, 0x345, 0x1fbe},
                                      {0x1e61, 0x1e9b},
                                      {0x432, 0x1c80},
                                      {0x434, 0x1c81},
                                      {0x43e, 0x1c82},
                                      {0x441, 0x1c83},
                                      {0x442, 0x1c84, 0x1c85},
                                      {0x44a, 0x1c86},
                                      {0x463, 0x1c87},
                                      {0xa64b, 0x1c88}};

gunichar bp_letter_beyond(gunichar c) {
  return c == 's' ? 0x17f : c == 'k' ? 0x212a : c;
}

/* Leaves out two large parts of Unicode whose letters have no case: Chinese, Japanese and Yi, and Korean. */
gunichar bp_letter_next(gunichar c) {
  c++;
  return c >= 0x2e80 && c < 0xa4d0 ? 0xa4d0 : c >= 0xac00 && c < 0xfb00 ? 0xfb00 : c;
}

/* Dotted and dotless i have no case but their own, for PCRE2. */
static gunichar lower(gunichar c) {
  return c == 0x130 || c == 0x131 ? c : g_unichar_tolower(c);
}

static gunichar upper(gunichar c) {
  return c == 0x130 || c == 0x131 ? c : g_unichar_toupper(c);
}

static gunichar title(gunichar c) {
  return c == 0x130 || c == 0x131 ? c : g_unichar_totitle(c);
}

static void add(gunichar *cases, guint *n, gunichar c) {
  for (guint i = 0; i < *n; i++)
    if (cases[i] == c)
      return;
  if (*n < BP_LETTER_CASES)
    cases[(*n)++] = c;
}

static void add_cousins(gunichar *cases, guint *n, gunichar c) {
  for (guint i = 0; i < G_N_ELEMENTS(cousins); i++)
    for (guint j = 0; j < 4 && cousins[i][j]; j++)
      if (cousins[i][j] == c)
        for (guint k = 0; k < 4 && cousins[i][k]; k++)
          add(cases, n, cousins[i][k]);
}

guint bp_letter_cases(gunichar c, gunichar cases[BP_LETTER_CASES]) {
  guint n = 0;
  add(cases, &n, c);
  if (c < 0x80) {
    gunichar small = (gunichar)g_ascii_tolower((char)c);
    add(cases, &n, small);
    add(cases, &n, (gunichar)g_ascii_toupper((char)c));
    add(cases, &n, bp_letter_beyond(small));
    return n;
  }
  if (lower(c) == c && upper(c) == c && c != 0xdf)
    return n;
  for (guint i = 0; i < n; i++) {
    add(cases, &n, lower(cases[i]));
    add(cases, &n, upper(cases[i]));
    add(cases, &n, title(cases[i]));
    add_cousins(cases, &n, cases[i]);
  }
  return n;
}
