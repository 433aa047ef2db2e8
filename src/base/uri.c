/* uri.c - what may be shown of a URI */
#include "base/uri.h"

#include <string.h>

/* A password stands in front of the last @ or behind the first ?, also where it holds such a sign that should have been
 * written otherwise. */
char *bp_uri_name(const char *uri) {
  const char *scheme = strstr(uri, "://"), *host = scheme ? scheme + 3 : uri;
  const char *at = strrchr(host, '@'), *query = strchr(host, '?');
  const char *from = at ? at + 1 : host, *to = query ? query : host + strlen(host);
  return g_strdup_printf("%.*s%.*s", (int)(host - uri), uri, (int)MAX(to - from, 0), from);
}
