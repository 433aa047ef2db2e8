/* text.c - an answer as a person wants to read it */
#include "output/text.h"

#include "output/visible.h"

#include <glib/gi18n.h>
#include <string.h>

#define BOLD "\033[1m"
#define BOLD_RED "\033[1;31m"
#define BOLD_YELLOW "\033[1;33m"
#define BOLD_GREEN "\033[1;32m"
#define DIM "\033[2m"

/* What is being written: the text so far, and the column that its last line has reached. */
typedef struct {
  const BpTextStyle *style;
  GString *out;
  guint column;
  guint labels; /* columns of the widest label */
} Page;

/* ---- words, lines, colours ---------------------------------------------------------------------------------- */

static void end_line(Page *page) {
  g_string_append_c(page->out, '\n');
  page->column = 0;
}

static void indent_to(Page *page, guint column) {
  for (; page->column < column; page->column++)
    g_string_append_c(page->out, ' ');
}

/* The next word of text; *text is set behind it. NULL for none. */
static char *next_word(const char **text) {
  const char *from = *text + strspn(*text, " \t\r\n");
  gsize length = strcspn(from, " \t\r\n");
  *text = from + length;
  if (length == 0)
    return NULL;
  GString *word = g_string_sized_new(length + 1);
  bp_append_visible(word, from, (gssize)length);
  return g_string_free(word, FALSE);
}

/* Writes text from the present column on; further lines begin at column indent. A word wider than a line stays whole.
 */
static void wrap(Page *page, guint indent, const char *text) {
  gboolean first = TRUE;
  for (;;) {
    g_autofree char *word = next_word(&text);
    if (!word)
      return;
    guint columns = bp_columns(word);
    if (!first && page->column + 1 + columns > page->style->width) {
      end_line(page);
      first = TRUE;
    }
    indent_to(page, first ? indent : page->column + 1);
    g_string_append(page->out, word);
    page->column += columns;
    first = FALSE;
  }
}

static void paint(Page *page, const char *sgr) {
  if (page->style->colour)
    g_string_append(page->out, sgr);
}

static void paint_plain(Page *page) {
  paint(page, "\033[0m");
}

static void painted_line(Page *page, const char *sgr, const char *text) {
  paint(page, sgr);
  wrap(page, 0, text);
  paint_plain(page);
  end_line(page);
}

static void paragraph(Page *page, guint indent, const char *text) {
  if (!text || !*text)
    return;
  wrap(page, indent, text);
  end_line(page);
}

/* ---- rows: a label and what it says ------------------------------------------------------------------------- */

static void row(Page *page, const char *label, const char *value) {
  if (!value || !*value)
    return;
  indent_to(page, 2);
  paint(page, DIM);
  wrap(page, 2, label);
  paint_plain(page);
  indent_to(page, 2 + page->labels + 2);
  wrap(page, page->column, value);
  end_line(page);
}

static void time_row(Page *page, const char *label, gint64 seconds) {
  g_autoptr(GDateTime) time = seconds == BOUNCEPARSE_NO_TIME ? NULL : g_date_time_new_from_unix_utc(seconds);
  g_autofree char *value = time ? g_date_time_format(time, "%Y-%m-%d %H:%M UTC") : NULL;
  row(page, label, value);
}

static guint widest_label(void) {
  const char *const labels[] = {_("Message"),        _("Sent"),       _("Reported by"), _("Note"),
                                _("Forwarded from"), _("Said by"),    _("Reply"),       _("Cause"),
                                _("Lies with"),      _("Lasts"),      _("Tried until"), _("Whose turn"),
                                _("Because"),        _("Code digits")};
  guint widest = 0;
  for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
    widest = MAX(widest, bp_columns(labels[i]));
  return widest;
}

/* ---- names in the reader's language ------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  const char *label;
  const char *sgr;
} Label;

static const Label actions[] = {
    {"failed", N_("not delivered"), BOLD_RED},
    {"delayed", N_("not delivered yet"), BOLD_YELLOW},
    {"delivered", N_("delivered"), BOLD_GREEN},
    {"relayed", N_("passed on to a system that sends no reports"), BOLD_GREEN},
    {"expanded", N_("passed on to several recipients, who send no reports"), BOLD_GREEN},
    {"complaint", N_("complaint"), BOLD_RED},
    {"displayed", N_("displayed"), BOLD_GREEN},
    {"deleted", N_("deleted without being displayed, as far as is known"), BOLD_YELLOW},
    {"denied", N_("the recipient does not want to send a receipt"), BOLD_YELLOW},
};

static const Label categories[] = {
    {"recipient", N_("the recipient's address or mailbox"), NULL},
    {"domain", N_("the recipient's domain"), NULL},
    {"network", N_("the way between the servers"), NULL},
    {"system", N_("the receiving system"), NULL},
    {"message", N_("the message itself"), NULL},
    {"sender", N_("the sending side: its address, domain or server"), NULL},
    {"rate", N_("how much is sent in how short a time"), NULL},
    {"protocol", N_("what the servers say to each other (SMTP)"), NULL},
    {"other", N_("not said"), NULL},
};

static const Label permanences[] = {
    {"permanent", N_("for good: the same mail will be refused again"), NULL},
    {"temporary", N_("not for good: a later attempt may succeed"), NULL},
    {"unknown", N_("not known"), NULL},
};

static const Label kinds[] = {
    {"auto-reply",
     N_("An automatic reply (absence, ticket system, mailing list). It does not say that delivery failed."), NULL},
    {"challenge", N_("A challenge: the recipient's side takes the mail only once you have confirmed that you sent it."),
     NULL},
    {"other", N_("No report about a delivery: ordinary mail, as far as can be told."), NULL},
};

#define FIND(labels, name) find_label(labels, G_N_ELEMENTS(labels), name)

static const Label *find_label(const Label *labels, gsize n, const char *name) {
  for (gsize i = 0; name && i < n; i++)
    if (g_str_equal(labels[i].name, name))
      return &labels[i];
  return NULL;
}

/* The label in the reader's language; the name itself where there is none. */
static const char *labelled(const Label *label, const char *name) {
  return label ? _(label->label) : name;
}

/* ---- a recipient -------------------------------------------------------------------------------------------- */

#define GET(recipient, which) bounceparse_recipient_get_string(recipient, BOUNCEPARSE_RECIPIENT_##which)

static void write_headline(Page *page, const BounceparseAnswer *answer, const BounceparseRecipient *r) {
  const char *address = GET(r, ADDRESS), *action = GET(r, ACTION);
  if (!action)
    return;
  const Label *label = FIND(actions, action);
  gboolean receipt = g_str_equal(bounceparse_answer_get_kind(answer), "receipt");
  const char *what = receipt && g_str_equal(action, "failed") ? _("not displayed: it could not be processed")
                                                              : labelled(label, action);
  g_autofree char *line = g_strdup_printf("%s: %s", *address ? address : _("(address not named)"), what);
  painted_line(page, label ? label->sgr : BOLD, line);
}

static void write_said_by(Page *page, const BounceparseAnswer *answer, const BounceparseRecipient *r) {
  const char *host = GET(r, REMOTE_HOST), *ip = GET(r, REMOTE_IP), *vendor = GET(r, VENDOR), *command = GET(r, COMMAND);
  if (!host && !ip)
    host = bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_REPORTER_HOST);
  g_autoptr(GString) who = g_string_new(host);
  if (ip)
    g_string_append_printf(who, who->len > 0 ? " (%s)" : "%s", ip);
  if (vendor)
    g_string_append_printf(who, who->len > 0 ? ", %s" : "%s", vendor);
  if (command) {
    g_string_append_printf(who, "%s, ", who->len > 0 ? "" : _("not known"));
    g_string_append_printf(who, _("in answer to %s"), command);
  }
  row(page, _("Said by"), who->str);
}

static void write_code(Page *page, const char *code, const char *name, const char *text) {
  if (!code || (!name && !text))
    return;
  g_autofree char *both = name && text ? g_strdup_printf("%s. %s", name, text) : NULL;
  row(page, code, both ? both : name ? name : text);
}

/* Of a reply alone each digit is told as well. */
static void write_digits(Page *page, const BounceparseRecipient *r) {
  const char *code = GET(r, CODE);
  const char *const digits[] = {GET(r, CODE_DIGIT_1), GET(r, CODE_DIGIT_2), GET(r, CODE_DIGIT_3)};
  if (GET(r, ACTION) || !code || strlen(code) != G_N_ELEMENTS(digits))
    return;
  for (guint i = 0; i < G_N_ELEMENTS(digits); i++) {
    g_autofree char *value = digits[i] ? g_strdup_printf("%c: %s", code[i], digits[i]) : NULL;
    row(page, i == 0 ? _("Code digits") : "", value);
  }
}

static const char *whose_turn(const BounceparseRecipient *r) {
  const char *advice = GET(r, ADVICE);
  if (!advice)
    return NULL;
  if (g_str_equal(advice, "remove"))
    return _("you: correct the address or take it off your lists");
  if (g_str_equal(advice, "retry"))
    return g_strcmp0(GET(r, ACTION), "delayed") == 0 ? _("nobody: the server goes on trying by itself")
                                                     : _("you: send it again later");
  if (g_str_equal(advice, "fix"))
    return g_strcmp0(GET(r, CATEGORY), "message") == 0
               ? _("you: change the message and send it again")
               : _("the sending side: what is wrong there must be put right first");
  if (g_str_equal(advice, "review"))
    return _("you: look at the reply and decide");
  return advice;
}

static void write_rows(Page *page, const BounceparseAnswer *answer, const BounceparseRecipient *r) {
  const char *category = GET(r, CATEGORY), *permanence = GET(r, PERMANENCE);
  row(page, _("Forwarded from"), GET(r, ORIGINAL_ADDRESS));
  write_said_by(page, answer, r);
  row(page, _("Reply"), GET(r, DIAGNOSTIC));
  if (!page->style->brief) {
    write_code(page, GET(r, CODE), GET(r, CODE_NAME), GET(r, CODE_TEXT));
    write_digits(page, r);
    write_code(page, GET(r, STATUS), GET(r, STATUS_NAME), GET(r, STATUS_TEXT));
  }
  row(page, _("Cause"), GET(r, CAUSE));
  row(page, _("Lies with"), labelled(FIND(categories, category), category));
  row(page, _("Lasts"), labelled(FIND(permanences, permanence), permanence));
  time_row(page, _("Tried until"), bounceparse_recipient_get_time(r, BOUNCEPARSE_RECIPIENT_WILL_RETRY_UNTIL));
  row(page, _("Whose turn"), whose_turn(r));
  if (!page->style->brief)
    row(page, _("Because"), GET(r, REASON));
}

static void write_steps_for(Page *page, const BounceparseRecipient *r, gboolean admin, const char *title,
                            guint *number) {
  gboolean for_admin, begun = FALSE;
  const char *step;
  for (guint i = 0; (step = bounceparse_recipient_get_step(r, i, &for_admin)); i++) {
    if (for_admin != admin)
      continue;
    if (!begun) {
      end_line(page);
      painted_line(page, BOLD, title);
      begun = TRUE;
    }
    g_autofree char *label = g_strdup_printf("%2u. ", ++*number);
    g_string_append(page->out, label);
    page->column = (guint)strlen(label);
    wrap(page, page->column, step);
    end_line(page);
  }
}

static void write_address(Page *page, const char *label, const char *address) {
  if (!address)
    return;
  indent_to(page, 4);
  wrap(page, 4, label);
  wrap(page, page->column + 1, address);
  end_line(page);
}

static void write_blocklists(Page *page, const BounceparseRecipient *r) {
  guint n = bounceparse_recipient_get_n_blocklists(r);
  for (guint i = 0; i < n; i++) {
    if (i == 0) {
      end_line(page);
      painted_line(page, BOLD, _("Block lists"));
    }
    paragraph(page, 2, bounceparse_recipient_get_blocklist(r, i, BOUNCEPARSE_BLOCKLIST_NAME));
    write_address(page, _("Look up:"), bounceparse_recipient_get_blocklist(r, i, BOUNCEPARSE_BLOCKLIST_LOOKUP));
    write_address(page, _("Removal:"), bounceparse_recipient_get_blocklist(r, i, BOUNCEPARSE_BLOCKLIST_REMOVAL));
    paragraph(page, 4, bounceparse_recipient_get_blocklist(r, i, BOUNCEPARSE_BLOCKLIST_NOTE));
  }
}

static void write_suggestion(Page *page, const BounceparseRecipient *r) {
  const char *suggestion = GET(r, SUGGESTION);
  if (!suggestion)
    return;
  g_autofree char *line = g_strdup_printf(_("Did you mean %s?"), suggestion);
  end_line(page);
  painted_line(page, BOLD, line);
}

static void write_references(Page *page, const BounceparseRecipient *r) {
  const char *url;
  for (guint i = 0; (url = bounceparse_recipient_get_reference(r, i)); i++) {
    if (i == 0) {
      end_line(page);
      painted_line(page, BOLD, _("Pages"));
    }
    paragraph(page, 2, url);
  }
}

static void write_help(Page *page, const BounceparseRecipient *r) {
  const char *meaning = GET(r, MEANING);
  guint number = 0;
  if (meaning && *meaning) {
    end_line(page);
    paragraph(page, 0, meaning);
  }
  write_steps_for(page, r, FALSE, _("What to do"), &number);
  write_steps_for(page, r, TRUE, _("What the administrator of the sending side can do"), &number);
}

static void write_recipient(Page *page, const BounceparseAnswer *answer, const BounceparseRecipient *r) {
  write_headline(page, answer, r);
  if (!page->style->brief && GET(r, TITLE))
    painted_line(page, BOLD, GET(r, TITLE));
  write_rows(page, answer, r);
  if (!page->style->brief)
    write_help(page, r);
  write_blocklists(page, r);
  write_suggestion(page, r);
  if (!page->style->brief)
    write_references(page, r);
}

/* ---- the message -------------------------------------------------------------------------------------------- */

#define GET_ANSWER(answer, which) bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_##which)

/* What was cut off, and what the readers had to say besides. */
static void write_notes(Page *page, const BounceparseAnswer *answer) {
  g_autoptr(GString) limits = g_string_new(NULL);
  const char *text;
  for (guint i = 0; (text = bounceparse_answer_get_truncated(answer, i)); i++)
    g_string_append_printf(limits, i == 0 ? "%s" : ", %s", text);
  g_autofree char *cut =
      limits->len > 0 ? g_strdup_printf(_("not all of the message was read (%s)"), limits->str) : NULL;
  row(page, _("Note"), cut);
  for (guint i = 0; (text = bounceparse_answer_get_warning(answer, i)); i++)
    row(page, _("Note"), text);
}

static void write_message(Page *page, const BounceparseAnswer *answer) {
  const char *host = GET_ANSWER(answer, REPORTER_HOST), *software = GET_ANSWER(answer, REPORTER_SOFTWARE);
  g_autofree char *reporter = host && software ? g_strdup_printf("%s (%s)", host, software) : NULL;
  gsize before = page->out->len;
  row(page, _("Message"), GET_ANSWER(answer, SUBJECT));
  time_row(page, _("Sent"), bounceparse_answer_get_time(answer, BOUNCEPARSE_ANSWER_ORIGINAL_DATE));
  row(page, _("Reported by"), reporter ? reporter : host ? host : software);
  write_notes(page, answer);
  if (page->out->len > before)
    end_line(page);
}

void bp_answer_to_text(const BounceparseAnswer *answer, const BpTextStyle *style, GString *out) {
  Page page = {.style = style, .out = out, .labels = widest_label()};
  guint n = bounceparse_answer_get_n_recipients(answer);
  const char *kind = bounceparse_answer_get_kind(answer);
  const Label *label = FIND(kinds, kind);
  gboolean alone = n > 0 && !bounceparse_recipient_get_string(bounceparse_answer_get_recipient(answer, 0),
                                                              BOUNCEPARSE_RECIPIENT_ACTION);
  if (!alone)
    write_message(&page, answer);
  if (n == 0)
    painted_line(&page, BOLD, label ? _(label->label) : _("A report that names no recipient."));
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      end_line(&page);
    write_recipient(&page, answer, bounceparse_answer_get_recipient(answer, i));
  }
}

void bp_heading_to_text(const char *source, gint64 index, const BpTextStyle *style, GString *out) {
  Page page = {.style = style, .out = out};
  paint(&page, BOLD);
  g_string_append(out, "==> ");
  bp_append_visible(out, source, -1);
  if (index >= 0)
    g_string_append_printf(out, " [%" G_GINT64_FORMAT "]", index);
  g_string_append(out, " <==");
  paint_plain(&page);
  end_line(&page);
}
