/* summary.c - a summary of the history for a terminal, and as JSON */
#include "output/summary.h"

#include "output/json-writer.h"
#include "output/visible.h"

#include <glib/gi18n.h>

#define ROWS 10       /* of a table */
#define DAYS 14       /* of the table of days */
#define WIDEST_NAME 40
#define WIDEST_BAR 30
#define NARROWEST_BAR 8

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define BLUE "\033[34m"
#define PLAIN "\033[0m"

static const struct {
  const char *key;   /* in JSON */
  const char *title; /* on a terminal */
} dimensions[BP_N_BY] = {
    [BP_BY_KIND] = {"by_kind", N_("Kinds of messages")},
    [BP_BY_CAUSE] = {"by_cause", N_("Causes")},
    [BP_BY_CATEGORY] = {"by_category", N_("Where the cause lies")},
    [BP_BY_ADVICE] = {"by_advice", N_("What to do")},
    [BP_BY_DOMAIN] = {"by_domain", N_("Recipients' domains")},
    [BP_BY_VENDOR] = {"by_vendor", N_("Receiving systems")},
    [BP_BY_REPORTER] = {"by_reporter", N_("Reporting hosts")},
    [BP_BY_BLOCKLIST] = {"by_blocklist", N_("Block lists")},
    [BP_BY_DAY] = {"by_day", N_("Days")},
};

/* ---- a table ------------------------------------------------------------------------------------------------ */

typedef struct {
  const BpTextStyle *style;
  GString *out;
  guint name, number; /* columns of names and numbers */
  guint bar;          /* columns of the longest bar; 0 for none */
  gint64 largest, all;
} Table;

static void paint(const Table *table, const char *sgr) {
  if (table->style->colour)
    g_string_append(table->out, sgr);
}

static void pad(GString *out, guint columns, guint width) {
  for (; columns < width; columns++)
    g_string_append_c(out, ' ');
}

/* As much of text as there is room for, without what a terminal acts on. */
static char *visible_name(const char *text, guint width) {
  g_autoptr(GString) name = g_string_new(NULL);
  bp_append_visible(name, text, -1);
  if (bp_columns(name->str) <= width)
    return g_strdup(name->str);
  while (bp_columns(name->str) > width - 1)
    g_string_truncate(name, (gsize)(g_utf8_find_prev_char(name->str, name->str + name->len) - name->str));
  g_string_append(name, "…");
  return g_strdup(name->str);
}

static void append_bar(const Table *table, gint64 count) {
  static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  gint64 length = MAX(1, count * table->bar * 8 / MAX(table->largest, 1));
  g_string_append(table->out, "  ");
  paint(table, BLUE);
  for (gint64 i = 0; i < length / 8; i++)
    g_string_append(table->out, "█");
  g_string_append(table->out, eighths[length % 8]);
  paint(table, PLAIN);
}

static void append_row(const Table *table, const BpCount *count) {
  g_autofree char *name = visible_name(count->name, table->name);
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, count->count);
  g_string_append(table->out, "  ");
  g_string_append(table->out, name);
  pad(table->out, bp_columns(name), table->name + 2);
  pad(table->out, bp_columns(number), table->number);
  g_string_append(table->out, number);
  paint(table, DIM);
  g_string_append_printf(table->out, "  %3d %%", (int)(100.0 * (double)count->count / (double)MAX(table->all, 1) + 0.5));
  paint(table, PLAIN);
  if (table->bar)
    append_bar(table, count->count);
  g_string_append_c(table->out, '\n');
}

/* The widths that suit the rows from first up to end. */
static void lay_out(Table *table, const GArray *counts, guint first, guint end) {
  for (guint i = first; i < end; i++) {
    const BpCount *count = &g_array_index(counts, BpCount, i);
    g_autofree char *name = visible_name(count->name, WIDEST_NAME);
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, count->count);
    table->name = MAX(table->name, bp_columns(name));
    table->number = MAX(table->number, bp_columns(number));
    table->largest = MAX(table->largest, count->count);
  }
  guint behind = 2 + 2 + table->number + 2 + 5; /* blanks, number and share */
  if (table->name + behind > table->style->width)
    table->name = MAX(table->style->width, behind + 8) - behind;
  guint used = table->name + behind + 2;
  guint left = table->style->width > used ? table->style->width - used : 0;
  table->bar = left < NARROWEST_BAR ? 0 : MIN(left, WIDEST_BAR);
}

static void append_table(const BpSummary *summary, BpDimension by, const BpTextStyle *style, GString *out) {
  const GArray *counts = summary->counts[by];
  gboolean days = by == BP_BY_DAY; /* the last ones are the interesting ones */
  guint rows = MIN(counts->len, (guint)(days ? DAYS : ROWS)), first = days ? counts->len - rows : 0;
  Table table = {.style = style, .out = out, .all = by == BP_BY_KIND ? summary->messages : summary->recipients};
  if (counts->len == 0)
    return;
  lay_out(&table, counts, first, first + rows);
  g_string_append_c(out, '\n');
  paint(&table, BOLD);
  g_string_append(out, _(dimensions[by].title));
  paint(&table, PLAIN);
  g_string_append_c(out, '\n');
  for (guint i = first; i < first + rows; i++)
    append_row(&table, &g_array_index(counts, BpCount, i));
  if (counts->len == rows)
    return;
  paint(&table, DIM);
  g_string_append(out, "  ");
  g_string_append_printf(out, days ? _("and %u earlier ones") : _("and %u more"), counts->len - rows);
  paint(&table, PLAIN);
  g_string_append_c(out, '\n');
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

void bp_summary_to_text(const BpSummary *summary, const BpTextStyle *style, GString *out) {
  const GArray *days = summary->counts[BP_BY_DAY];
  g_autofree char *messages = g_strdup_printf("%" G_GINT64_FORMAT, summary->messages);
  g_autofree char *recipients = g_strdup_printf("%" G_GINT64_FORMAT, summary->recipients);
  g_string_append_printf(out, _("Messages: %s, recipients: %s"), messages, recipients);
  if (days->len > 0)
    g_string_append_printf(out, _(", from %s to %s"), g_array_index(days, BpCount, 0).name,
                           g_array_index(days, BpCount, days->len - 1).name);
  g_string_append_c(out, '\n');
  for (guint by = 0; by < BP_N_BY; by++)
    append_table(summary, (BpDimension)by, style, out);
}

void bp_summary_to_json(const BpSummary *summary, GString *out) {
  bp_json_open(out, NULL, '{');
  bp_json_number(out, "messages", summary->messages);
  bp_json_number(out, "recipients", summary->recipients);
  for (guint by = 0; by < BP_N_BY; by++) {
    bp_json_open(out, dimensions[by].key, '{');
    for (guint i = 0; i < summary->counts[by]->len; i++) {
      const BpCount *count = &g_array_index(summary->counts[by], BpCount, i);
      bp_json_number(out, count->name, count->count);
    }
    bp_json_close(out, '}');
  }
  bp_json_close(out, '}');
}
