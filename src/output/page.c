/* page.c - a summary of the history as one HTML page that stands by itself */
#include "output/page.h"

#include "output/page-files.h"
#include "output/visible.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#define ROWS 50 /* of a table at most */

/* Categories, each with a colour in page.css, in the order in which bars are stacked. */
static const struct {
  const char *id;
  const char *label;
} categories[] = {
    {"recipient", N_("recipient's address")}, {"domain", N_("recipient's domain")},
    {"sender", N_("sending side")},           {"rate", N_("sending rate")},
    {"message", N_("message itself")},        {"network", N_("network")},
    {"system", N_("receiving system")},       {"protocol", N_("protocol")},
    {"other", N_("other or unknown")},
};

static const struct {
  const char *id;
  const char *label;
} kinds[] = {
    {"failure", N_("failure")},       {"delay", N_("delay")},         {"success", N_("success")},
    {"auto-reply", N_("auto-reply")}, {"challenge", N_("challenge")}, {"complaint", N_("complaint")},
    {"receipt", N_("receipt")},       {"other", N_("other")},
};

static const struct {
  const char *id;
  const char *label;
} advices[] = {
    {"remove", N_("to be removed")},
    {"retry", N_("to be tried again")},
    {"fix", N_("to be fixed on the sending side")},
    {"review", N_("to be looked at")},
};

typedef struct {
  const BpSummary *summary;
  BounceparseReader *reader;
  GString *out;
} Page;

/* ---- text --------------------------------------------------------------------------------------------------- */

/* Text from anywhere: what a browser or a reader's eye could be fooled with is escaped. */
static void put_text(Page *page, const char *text) {
  g_autoptr(GString) visible = g_string_new(NULL);
  bp_append_visible(visible, text, -1);
  g_autofree char *escaped = g_markup_escape_text(visible->str, (gssize)visible->len);
  g_string_append(page->out, escaped);
}

static void put(Page *page, const char *html) {
  g_string_append(page->out, html);
}

/* <element class="class">text</element>; class may be NULL. */
static void put_element(Page *page, const char *element, const char *class, const char *text) {
  g_string_append_printf(page->out, class ? "<%s class=\"%s\">" : "<%s>", element, class);
  put_text(page, text);
  g_string_append_printf(page->out, "</%s>", element);
}

/* With narrow blanks between thousands. */
static void put_number(Page *page, gint64 number) {
  char digits[32];
  int n = g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, number);
  for (int i = 0; i < n; i++) {
    if (i > 0 && (n - i) % 3 == 0)
      put(page, "\u202f");
    g_string_append_c(page->out, digits[i]);
  }
}

static gint64 count_of(const BpSummary *summary, BpDimension by, const char *name) {
  const GArray *counts = summary->counts[by];
  for (guint i = 0; i < counts->len; i++)
    if (g_str_equal(g_array_index(counts, BpCount, i).name, name))
      return g_array_index(counts, BpCount, i).count;
  return 0;
}

static gint64 part_of(const BpSummary *summary, BpDimension by, const char *name, const char *category) {
  const GArray *parts = summary->parts[by];
  for (guint i = 0; i < parts->len; i++) {
    const BpPart *part = &g_array_index(parts, BpPart, i);
    if (g_str_equal(part->name, name) && g_str_equal(part->category, category))
      return part->count;
  }
  return 0;
}

/* ---- charts ------------------------------------------------------------------------------------------------- */

/* A part of a chart whose whole is 1000 wide and high. */
static void put_rect(Page *page, const char *class, double x, double y, double width, double height) {
  char number[4][G_ASCII_DTOSTR_BUF_SIZE];
  const double values[] = {x, y, width, height};
  for (guint i = 0; i < G_N_ELEMENTS(values); i++)
    g_ascii_formatd(number[i], sizeof number[i], "%.2f", values[i]);
  g_string_append_printf(page->out, "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", class,
                         number[0], number[1], number[2], number[3]);
}

static void begin_bar(Page *page) {
  put(page, "<td class=\"bar\"><svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
}

static void put_bar(Page *page, const char *class, gint64 count, gint64 largest) {
  begin_bar(page);
  put_rect(page, class, 0, 0, 1000.0 * (double)count / (double)MAX(largest, 1), 1000);
  put(page, "</svg></td>");
}

/* A bar of the categories that a name's recipients belong to. */
static void put_stacked_bar(Page *page, BpDimension by, const char *name, gint64 largest) {
  double x = 0;
  begin_bar(page);
  for (guint i = 0; i < G_N_ELEMENTS(categories); i++) {
    gint64 count = part_of(page->summary, by, name, categories[i].id);
    double width = 1000.0 * (double)count / (double)MAX(largest, 1);
    if (count > 0)
      put_rect(page, categories[i].id, x, 0, width, 1000);
    x += width;
  }
  put(page, "</svg></td>");
}

static void put_legend(Page *page) {
  put(page, "<ul class=\"legend\">");
  for (guint i = 0; i < G_N_ELEMENTS(categories); i++) {
    if (count_of(page->summary, BP_BY_CATEGORY, categories[i].id) == 0)
      continue;
    put(page, "<li><svg viewBox=\"0 0 1000 1000\" aria-hidden=\"true\">");
    put_rect(page, categories[i].id, 0, 0, 1000, 1000);
    put(page, "</svg>");
    put_text(page, _(categories[i].label));
    put(page, "</li>");
  }
  put(page, "</ul>");
}

static GDateTime *date_of(const char *day) {
  int year = 0, month = 0, date = 0;
  if (sscanf(day, "%d-%d-%d", &year, &month, &date) != 3)
    return NULL;
  return g_date_time_new_utc(year, month, date, 0, 0, 0);
}

/* Days from the first to the last, also those without any. */
static gint64 day_number(const BpSummary *summary, guint i) {
  g_autoptr(GDateTime) date = date_of(g_array_index(summary->counts[BP_BY_DAY], BpCount, i).name);
  return date ? g_date_time_to_unix(date) / (24 * 60 * 60) : 0;
}

/* How many days stand before the chart's last one at most: a stray date must not press all others together. */
#define LONGEST 366

static void put_day(Page *page, guint i, double x, double width, gint64 largest) {
  const char *name = g_array_index(page->summary->counts[BP_BY_DAY], BpCount, i).name;
  double top = 1000;
  for (guint k = 0; k < G_N_ELEMENTS(categories); k++) {
    gint64 count = part_of(page->summary, BP_BY_DAY, name, categories[k].id);
    double height = 960.0 * (double)count / (double)MAX(largest, 1);
    top -= height;
    if (count > 0)
      put_rect(page, categories[k].id, x, top, width, height);
  }
}

static void put_trend_chart(Page *page, guint first) {
  const GArray *days = page->summary->counts[BP_BY_DAY];
  gint64 begin = day_number(page->summary, first), n = day_number(page->summary, days->len - 1) - begin + 1,
         largest = 0;
  for (guint i = first; i < days->len; i++)
    largest = MAX(largest, g_array_index(days, BpCount, i).count);
  put(page, "<svg class=\"trend\" role=\"img\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" aria-label=\"");
  put_text(page, _("Recipients by day and category"));
  put(page, "\"><line x1=\"0\" x2=\"1000\" y1=\"999\" y2=\"999\"/>");
  for (guint i = first; i < days->len; i++) {
    double step = 1000.0 / (double)MAX(n, 1), x = step * (double)(day_number(page->summary, i) - begin);
    put_day(page, i, x + step * 0.1, step * 0.8, largest);
  }
  put(page, "</svg><p class=\"ends\"><span>");
  put_text(page, g_array_index(days, BpCount, first).name);
  put(page, "</span><span>");
  g_autofree char *most = g_strdup_printf("%" G_GINT64_FORMAT, largest);
  g_autofree char *text = g_strdup_printf(_("at most %s on a day"), most);
  put_text(page, text);
  put(page, "</span><span>");
  put_text(page, g_array_index(days, BpCount, days->len - 1).name);
  put(page, "</span></p>");
}

/* ---- tables ------------------------------------------------------------------------------------------------- */

static void begin_section(Page *page, const char *title) {
  put(page, "<section>");
  put_element(page, "h2", NULL, title);
}

/* '#' before a heading stands for a column of numbers, '-' for one that a phone does without. */
static void put_heading(Page *page, const char *heading) {
  const char *class = *heading == '#' ? "n" : *heading == '-' ? "extra" : NULL;
  g_string_append_printf(page->out, class ? "<th scope=\"col\" class=\"%s\">" : "<th scope=\"col\">", class);
  put_text(page, heading + (class != NULL));
}

static void begin_table(Page *page, const char *caption, const char *const *headings) {
  put(page, "<div class=\"scroll\"><table class=\"sortable\">");
  if (caption)
    put_element(page, "caption", NULL, caption);
  put(page, "<thead><tr>");
  for (; *headings; headings++) {
    put_heading(page, **headings ? _(*headings) : "");
    put(page, "</th>");
  }
  put(page, "</tr></thead><tbody>");
}

static void end_table(Page *page) {
  put(page, "</tbody></table></div></section>");
}

static void put_number_cell(Page *page, gint64 number) {
  g_string_append_printf(page->out, "<td class=\"n\" data-value=\"%" G_GINT64_FORMAT "\">", number);
  put_number(page, number);
  put(page, "</td>");
}

static void put_share_cell(Page *page, gint64 count, gint64 all) {
  gint64 tenths = (1000 * count + all / 2) / MAX(all, 1);
  g_string_append_printf(page->out, "<td class=\"n\" data-value=\"%" G_GINT64_FORMAT "\">", tenths);
  g_string_append_printf(page->out, _("%d.%d"), (int)(tenths / 10), (int)(tenths % 10));
  put(page, "\u202f%</td>");
}

/* Kinds of messages have names in the reader's language; what else is counted has its own. */
static const char *name_of(BpDimension by, const char *name) {
  for (guint i = 0; by == BP_BY_KIND && i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kinds[i].id, name))
      return _(kinds[i].label);
  return name;
}

/* "and 120 more", where a table does not show all. */
static const char *caption_of(const GArray *counts, char **kept) {
  *kept = counts->len > ROWS ? g_strdup_printf(_("The %u largest of %u"), ROWS, counts->len) : NULL;
  return *kept;
}

/* Names and numbers, with bars of one colour, or of the categories in them. */
static void put_counts(Page *page, BpDimension by, const char *title, const char *name, gboolean stacked) {
  const GArray *counts = page->summary->counts[by];
  const char *const headings[] = {name, by == BP_BY_KIND ? N_("#Messages") : N_("#Recipients"), N_("#Share"), "", NULL};
  g_autofree char *caption = NULL;
  gint64 all = by == BP_BY_KIND ? page->summary->messages : page->summary->recipients;
  if (counts->len == 0)
    return;
  begin_section(page, title);
  begin_table(page, caption_of(counts, &caption), headings);
  for (guint i = 0; i < MIN(counts->len, ROWS); i++) {
    const BpCount *count = &g_array_index(counts, BpCount, i);
    put(page, "<tr>");
    put_element(page, "td", NULL, name_of(by, count->name));
    put_number_cell(page, count->count);
    put_share_cell(page, count->count, all);
    gint64 largest = g_array_index(counts, BpCount, 0).count;
    if (stacked)
      put_stacked_bar(page, by, count->name, largest);
    else
      put_bar(page, "protocol", count->count, largest);
    put(page, "</tr>");
  }
  end_table(page);
}

/* ---- causes ------------------------------------------------------------------------------------------------- */

static const BounceparseRecipient *lone_recipient(const BounceparseAnswer *answer) {
  return answer ? bounceparse_answer_get_recipient(answer, 0) : NULL;
}

static const char *string_of(const BounceparseRecipient *r, BounceparseRecipientString which, const char *otherwise) {
  const char *text = r ? bounceparse_recipient_get_string(r, which) : NULL;
  return text ? text : otherwise;
}

static const char *category_label(const char *id) {
  for (guint i = 0; i < G_N_ELEMENTS(categories); i++)
    if (g_strcmp0(categories[i].id, id) == 0)
      return _(categories[i].label);
  return id;
}

/* A category's own name is a class in page.css only if it is known here. */
static const char *category_class(const char *id) {
  for (guint i = 0; i < G_N_ELEMENTS(categories); i++)
    if (g_strcmp0(categories[i].id, id) == 0)
      return categories[i].id;
  return "other";
}

static void put_causes(Page *page) {
  static const char *const headings[] = {N_("Cause"), N_("-Where it lies"), N_("#Recipients"), N_("#Share"), "", NULL};
  const GArray *counts = page->summary->counts[BP_BY_CAUSE];
  if (counts->len == 0)
    return;
  begin_section(page, _("Causes"));
  begin_table(page, NULL, headings);
  for (guint i = 0; i < counts->len; i++) {
    const BpCount *count = &g_array_index(counts, BpCount, i);
    g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain_cause(page->reader, count->name);
    const BounceparseRecipient *r = lone_recipient(answer);
    const char *category = string_of(r, BOUNCEPARSE_RECIPIENT_CATEGORY, "other");
    g_string_append_printf(page->out, "<tr><td><a href=\"#cause-%u\">", i);
    put_text(page, string_of(r, BOUNCEPARSE_RECIPIENT_TITLE, count->name));
    put(page, "</a></td>");
    put_element(page, "td", "extra", category_label(category));
    put_number_cell(page, count->count);
    put_share_cell(page, count->count, page->summary->recipients);
    put_bar(page, category_class(category), count->count, g_array_index(counts, BpCount, 0).count);
    put(page, "</tr>");
  }
  end_table(page);
}

static void put_steps(Page *page, const BounceparseRecipient *r, gboolean admin, const char *title) {
  const char *step;
  gboolean for_admin, begun = FALSE;
  for (guint i = 0; (step = bounceparse_recipient_get_step(r, i, &for_admin)); i++) {
    if (for_admin != admin)
      continue;
    if (!begun) {
      put_element(page, "h3", NULL, title);
      put(page, "<ol>");
    }
    begun = TRUE;
    put_element(page, "li", NULL, step);
  }
  if (begun)
    put(page, "</ol>");
}

static void put_example(Page *page, const BpExample *example) {
  put(page, "<div class=\"example\"><p><strong>");
  put_text(page, *example->address ? example->address : _("(no address named)"));
  put(page, "</strong> <span class=\"soft\">");
  put_text(page, example->day);
  if (example->vendor) {
    put(page, " · ");
    put_text(page, example->vendor);
  }
  put(page, "</span></p>");
  if (example->diagnostic) {
    put(page, "<p>");
    put_element(page, "code", NULL, example->diagnostic);
    put(page, "</p>");
  }
  if (example->reason)
    put_element(page, "p", "soft", example->reason);
  put(page, "</div>");
}

static void put_examples(Page *page, const char *cause) {
  gboolean begun = FALSE;
  for (guint i = 0; i < page->summary->examples->len; i++) {
    const BpExample *example = &g_array_index(page->summary->examples, BpExample, i);
    if (!g_str_equal(example->cause, cause))
      continue;
    if (!begun)
      put_element(page, "h3", NULL, _("Examples"));
    begun = TRUE;
    put_example(page, example);
  }
}

static void put_cause(Page *page, guint i, const BpCount *count) {
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain_cause(page->reader, count->name);
  const BounceparseRecipient *r = lone_recipient(answer);
  g_string_append_printf(page->out, "<details id=\"cause-%u\"><summary>", i);
  put_text(page, string_of(r, BOUNCEPARSE_RECIPIENT_TITLE, count->name));
  put(page, " <span class=\"soft\">");
  put_text(page, count->name);
  put(page, " · ");
  put_number(page, count->count);
  put(page, "</span></summary><div>");
  if (r) {
    put_element(page, "p", NULL, string_of(r, BOUNCEPARSE_RECIPIENT_MEANING, ""));
    put_steps(page, r, FALSE, _("What to do"));
    put_steps(page, r, TRUE, _("What the administrator of the sending side can do"));
  }
  put_examples(page, count->name);
  put(page, "</div></details>");
}

static void put_details(Page *page) {
  const GArray *counts = page->summary->counts[BP_BY_CAUSE];
  if (counts->len == 0)
    return;
  begin_section(page, _("Causes, with advice and examples"));
  for (guint i = 0; i < counts->len; i++)
    put_cause(page, i, &g_array_index(counts, BpCount, i));
  put(page, "</section>");
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void put_trend(Page *page) {
  const GArray *days = page->summary->counts[BP_BY_DAY];
  guint first = 0;
  if (days->len == 0)
    return;
  while (day_number(page->summary, days->len - 1) - day_number(page->summary, first) >= LONGEST)
    first++;
  begin_section(page, _("Day by day"));
  put_trend_chart(page, first);
  put_legend(page);
  put(page, "</section>");
}

/* Those systems that refuse because of the sending side. */
static void put_blocks(Page *page) {
  static const char *const headings[] = {N_("System"), N_("#Refused"), N_("#Of all"), "", NULL};
  const GArray *vendors = page->summary->counts[BP_BY_VENDOR];
  gint64 largest = 0;
  for (guint i = 0; i < vendors->len; i++)
    largest = MAX(largest, part_of(page->summary, BP_BY_VENDOR, g_array_index(vendors, BpCount, i).name, "sender"));
  if (largest == 0)
    return;
  begin_section(page, _("Refused because of the sending side"));
  begin_table(page, NULL, headings);
  for (guint i = 0; i < vendors->len; i++) {
    const BpCount *vendor = &g_array_index(vendors, BpCount, i);
    gint64 blocks = part_of(page->summary, BP_BY_VENDOR, vendor->name, "sender");
    if (blocks == 0)
      continue;
    put(page, "<tr>");
    put_element(page, "td", NULL, vendor->name);
    put_number_cell(page, blocks);
    put_share_cell(page, blocks, vendor->count);
    put_bar(page, "sender", blocks, largest);
    put(page, "</tr>");
  }
  end_table(page);
}

static void put_tiles(Page *page) {
  put(page, "<ul class=\"tiles\">");
  for (guint i = 0; i < G_N_ELEMENTS(advices); i++) {
    put(page, "<li><strong>");
    put_number(page, count_of(page->summary, BP_BY_ADVICE, advices[i].id));
    put(page, "</strong> ");
    put_text(page, _(advices[i].label));
    put(page, "</li>");
  }
  put(page, "</ul>");
}

/* 'sha256-…' as a Content-Security-Policy has it. */
static char *digest_source(const char *text) {
  guint8 digest[32];
  gsize size = sizeof digest;
  GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
  g_checksum_update(sum, (const guchar *)text, -1);
  g_checksum_get_digest(sum, digest, &size);
  g_checksum_free(sum);
  g_autofree char *base64 = g_base64_encode(digest, size);
  return g_strdup_printf("'sha256-%s'", base64);
}

static void put_head(Page *page) {
  g_autofree char *style = digest_source(bp_page_css), *script = digest_source(bp_page_js);
  g_string_append_printf(page->out,
                         "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; "
                         "script-src %s; base-uri 'none'; form-action 'none'\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                         "<meta name=\"referrer\" content=\"no-referrer\">\n",
                         _("en"), style, script);
  put_element(page, "title", NULL, _("Bounces"));
  put(page, "\n<style>");
  put(page, bp_page_css);
  put(page, "</style></head>\n");
}

/* A line does not end within a date. */
static char *day_markup(const GArray *days, guint i) {
  return g_markup_printf_escaped("<span class=\"day\">%s</span>", g_array_index(days, BpCount, i).name);
}

static void put_header(Page *page) {
  const GArray *days = page->summary->counts[BP_BY_DAY];
  put(page, "<body><header>");
  put_element(page, "h1", NULL, _("Bounces"));
  put(page, "<p class=\"soft\">");
  put_text(page, _("Messages: "));
  put_number(page, page->summary->messages);
  put_text(page, _(", recipients: "));
  put_number(page, page->summary->recipients);
  if (days->len > 0) {
    g_autofree char *from = day_markup(days, 0), *to = day_markup(days, days->len - 1);
    g_string_append_printf(page->out, _(", from %s to %s"), from, to);
  }
  put(page, "</p></header>\n<main>");
}

static void put_script(Page *page) {
  put(page, "</main>\n<footer>");
  put_text(page, _("Made by bounceparse. Days are in UTC."));
  put(page, "</footer>\n<script>");
  put(page, bp_page_js);
  put(page, "</script></body></html>\n");
}

void bp_summary_to_page(const BpSummary *summary, BounceparseReader *reader, GString *out) {
  Page page = {summary, reader, out};
  put_head(&page);
  put_header(&page);
  put_tiles(&page);
  put_causes(&page);
  put_trend(&page);
  put_details(&page);
  put_counts(&page, BP_BY_DOMAIN, _("Recipients' domains"), N_("Domain"), TRUE);
  put_blocks(&page);
  put(&page, "<div class=\"pair\">");
  put_counts(&page, BP_BY_VENDOR, _("Receiving systems"), N_("System"), TRUE);
  put_counts(&page, BP_BY_BLOCKLIST, _("Block lists"), N_("Block list"), FALSE);
  put_counts(&page, BP_BY_REPORTER, _("Reporting hosts"), N_("Host"), FALSE);
  put_counts(&page, BP_BY_KIND, _("Kinds of messages"), N_("Kind"), FALSE);
  put(&page, "</div>");
  put_script(&page);
}
