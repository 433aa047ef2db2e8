/* uri.h - what may be shown of a URI */
#pragma once

#include <glib.h>

/* The URI without anything that may be a password. A new string. */
char *bp_uri_name(const char *uri);
