/* date.c - seconds since 1970 of a date field (RFC 5322 section 3.3)
 *
 * GMime reads dates of every sort, and takes 7,000 instructions for one; a bounce has three. What is written as the
 * RFC has it is read here, all else is left to GMime. */
#include "report/reading.h"

#include "mail/gmime.h"

#include <string.h>

/* Reads a number of digits min to max; -1 where there is none. */
static int read_number(const char **p, guint min, guint max) {
  int value = 0;
  guint n = 0;
  for (; n < max && g_ascii_isdigit(**p); n++)
    value = value * 10 + *(*p)++ - '0';
  return n < min || g_ascii_isdigit(**p) ? -1 : value;
}

static gboolean skip(const char **p, char c) {
  if (**p != c)
    return FALSE;
  *p += c == ' ' ? strspn(*p, " ") : 1;
  return TRUE;
}

/* 1 to 12; 0 where there is none. */
static int read_month(const char **p) {
  static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (int i = 0; i < 12; i++)
    if (strncmp(*p, names + 3 * i, 3) == 0) {
      *p += 3;
      return i + 1;
    }
  return 0;
}

static int days_of(int month, int year) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Days from the first of January 1970 to a date of the Gregorian calendar from then on. */
static gint64 days_since_1970(int year, int month, int day) {
  int before = year - 1, days = 0;
  for (int i = 1; i < month; i++)
    days += days_of(i, year);
  return 365LL * (year - 1970) + (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400) +
         days + day - 1;
}

/* "+0100" or "GMT", in seconds; FALSE where there is none. */
static gboolean read_zone(const char **p, int *seconds) {
  if (strncmp(*p, "GMT", 3) == 0 || strncmp(*p, "UTC", 3) == 0) {
    *p += 3;
    *seconds = 0;
    return TRUE;
  }
  int sign = **p == '-' ? -1 : 1;
  if (!skip(p, '+') && !skip(p, '-'))
    return FALSE;
  int zone = read_number(p, 4, 4);
  *seconds = sign * (zone / 100 * 60 + zone % 100) * 60;
  return zone >= 0 && zone / 100 < 24 && zone % 100 < 60;
}

/* "Mon, 23 Nov 2026 10:00:00 +0100", with or without the day's name. */
static gboolean read_strict(const char *p, gint64 *time) {
  if (g_ascii_isalpha(p[0]) && g_ascii_isalpha(p[1]) && g_ascii_isalpha(p[2]) && p[3] == ',' && p[4] == ' ')
    p += 4 + strspn(p + 4, " ");
  int day = read_number(&p, 1, 2), month = skip(&p, ' ') ? read_month(&p) : 0;
  int year = skip(&p, ' ') ? read_number(&p, 4, 4) : -1, hour = skip(&p, ' ') ? read_number(&p, 2, 2) : -1;
  int minute = skip(&p, ':') ? read_number(&p, 2, 2) : -1, second = skip(&p, ':') ? read_number(&p, 2, 2) : -1, zone;
  if (!month || year < 1970 || day < 1 || day > days_of(month, year) || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59 || !skip(&p, ' ') || !read_zone(&p, &zone) || (*p && *p != ' '))
    return FALSE;
  *time = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
  return TRUE;
}

gint64 bp_date_of(const char *value) {
  gint64 time;
  if (!value || !*value)
    return BP_NO_TIME;
  if (read_strict(value, &time))
    return time;
  return bp_gmime()->read_date(value, &time) ? time : BP_NO_TIME;
}
