/* html.h - what a reader of HTML sees */
#pragma once

#include <glib.h>

/* The text of length bytes of HTML (UTF-8), blocks and rows as lines; at most about limit bytes. Free it with g_free().
 */
char *bp_html_to_text(const char *html, gsize length, gsize limit, gsize *text_length);

/* The same without libxml2: takes tags out and resolves common entities. */
char *bp_html_strip(const char *html, gsize length, gsize limit, gsize *text_length);
