/* log.h - a delivery as a line of a mail log tells it */
#pragma once

#include "report/report.h"

/* TRUE where a line begins like one of a log: with the time as syslog (RFC 3164), RFC 3339 or Exim write it. */
gboolean bp_log_is_line(const char *line, gsize length);

/* Adds to recipients those whose failed or delayed delivery a line tells of: none, one, or, of a line of Sendmail's,
 * several. now, in seconds since 1970, gives the year that syslog leaves out: the last in which the day is not to come.
 * A time without a zone is taken as UTC. */
void bp_log_read(BpArena *arena, BpMatcher *matcher, const char *line, gsize length, gint64 now, GPtrArray *recipients);
