/* in-line.c - looks for all in a pattern that may match a newline */
#include "pattern/in-line.h"

#include <string.h>

static gboolean stays(const BpRegexTree *tree, const BpRegex *n) {
  if (n->kind == BP_REGEX_TEXT && memchr(tree->text->str + n->text, '\n', n->length))
    return FALSE;
  if (n->kind == BP_REGEX_SET && n->set.ascii[0] >> '\n' & 1)
    return FALSE;
  if (n->kind == BP_REGEX_PLACE && n->place == 'z')
    return FALSE;
  for (const BpRegex *part = n->part; part; part = part->next)
    if (!stays(tree, part))
      return FALSE;
  return TRUE;
}

gboolean bp_stays_in_line(const BpRegexTree *tree) {
  return tree && stays(tree, tree->root);
}
