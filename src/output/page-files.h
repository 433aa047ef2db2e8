/* page-files.h - the style and the script of the page, put in by the build */
#pragma once

extern const char bp_page_css[], bp_page_js[];
