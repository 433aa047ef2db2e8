/* mbox.h - the messages of an mbox, one after another (RFC 4155 and its kin) */
#pragma once

#include "source/stream.h"

/* Reads the next message into bytes: from its From_ line up to the next one that follows an empty line, without that
 * empty line, at most max bytes of it; NULL reads over it. The ">" that quotes a line beginning with "From " is taken off. *offset is that
 * of the From_ line. FALSE behind the last, and after an error of the stream. */
gboolean bp_mbox_next(BpStream *stream, GString *bytes, gsize max, gint64 *offset);
