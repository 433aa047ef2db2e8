/* letter.c - which letters are one another's case (Unicode's CaseFolding.txt, simple folding) */
#include "pattern/letter.h"

/* Letters that are one another's case though neither is the other's upper or lower case: those of one number. In order.
 */
static const struct {
  guint16 letter;
  guint8 number;
} cousins[] = {{'k', 0},     {'s', 1},     {0xb5, 4},    {0xdf, 5},    {0xe5, 2},    {0x17f, 1},   {0x345, 14},
               {0x398, 6},   {0x39c, 4},   {0x3b2, 8},   {0x3b5, 13},  {0x3b8, 6},   {0x3b9, 14},  {0x3ba, 11},
               {0x3bc, 4},   {0x3c0, 10},  {0x3c1, 12},  {0x3c2, 7},   {0x3c3, 7},   {0x3c6, 9},   {0x3c9, 3},
               {0x3d0, 8},   {0x3d1, 6},   {0x3d5, 9},   {0x3d6, 10},  {0x3f0, 11},  {0x3f1, 12},  {0x3f4, 6},
               {0x3f5, 13},  {0x432, 16},  {0x434, 17},  {0x43e, 18},  {0x441, 19},  {0x442, 20},  {0x44a, 21},
               {0x463, 22},  {0x1c80, 16}, {0x1c81, 17}, {0x1c82, 18}, {0x1c83, 19}, {0x1c84, 20}, {0x1c85, 20},
               {0x1c86, 21}, {0x1c87, 22}, {0x1c88, 23}, {0x1e61, 15}, {0x1e9b, 15}, {0x1e9e, 5},  {0x1fbe, 14},
               {0x2126, 3},  {0x212a, 0},  {0x212b, 2},  {0xa64b, 23}};

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

/* Only digraphs such as the Croatian ones have a third case. */
static gunichar title(gunichar c) {
  return c >= 0x1c4 && c <= 0x1f3 ? g_unichar_totitle(c) : c;
}

static void add(gunichar *cases, guint *n, gunichar c) {
  for (guint i = 0; i < *n; i++)
    if (cases[i] == c)
      return;
  if (*n < BP_LETTER_CASES)
    cases[(*n)++] = c;
}

static void add_cousins(gunichar *cases, guint *n, gunichar c) {
  guint low = 0, high = G_N_ELEMENTS(cousins);
  while (low < high) {
    guint middle = (low + high) / 2;
    if (cousins[middle].letter < c)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == G_N_ELEMENTS(cousins) || cousins[low].letter != c)
    return;
  for (guint i = 0; i < G_N_ELEMENTS(cousins); i++)
    if (cousins[i].number == cousins[low].number)
      add(cases, n, cousins[i].letter);
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
