/* advice.c - what a cause means and what to do, in words */
#include "verdict/court.h"
#include "verdict/facts.h"
#include "verdict/suggestion.h"

#include <string.h>

const char *bp_court_text(const BpCourt *c, BpText t) {
  return bp_text(c->tables, t, c->lang);
}

/* The record of the vendor that the answer names, or NULL. */
static const BpVendorRecord *named_vendor(const BpCourt *c) {
  for (guint32 i = 0; c->verdict->vendor && i < c->tables->n_vendors; i++)
    if (g_str_equal(BP_STR(c->tables, c->tables->vendors[i].id), c->verdict->vendor))
      return &c->tables->vendors[i];
  return NULL;
}

static const char *field(const char *name, gpointer data) {
  const BpCourt *c = data;
  const BpListing *first = c->listings->len ? &g_array_index(c->listings, BpListing, 0) : NULL;
  if (g_str_equal(name, "lookup"))
    return first ? first->lookup : NULL;
  if (g_str_equal(name, "removal"))
    return first ? first->removal : NULL;
  if (g_str_equal(name, "list") && first)
    return first->name;
  if (g_str_equal(name, "address"))
    return c->evidence->address;
  if (g_str_equal(name, "reporting_host"))
    return c->evidence->reporter_host;
  if (g_str_equal(name, "vendor")) {
    const BpVendorRecord *vendor = named_vendor(c);
    return vendor ? bp_string(c->tables, vendor->name) : NULL;
  }
  return bp_fact_value(c->facts, name);
}

static void add_step(BpCourt *c, gboolean for_admin, const char *template) {
  const char *filled = bp_fill(c->arena, template, field, c);
  if (!filled)
    return;
  for (guint i = 0; i < c->steps->len; i++)
    if (g_str_equal(g_array_index(c->steps, BpStep, i).text, filled))
      return;
  BpStep step = {for_admin, filled};
  g_array_append_val(c->steps, step);
}

void bp_court_add_steps(BpCourt *c, BpRange steps) {
  for (guint32 i = 0; i < steps.n; i++) {
    const BpStepRecord *r = &c->tables->steps[steps.first + i];
    add_step(c, r->for_admin != 0, bp_court_text(c, r->text));
  }
}

/* A list that has shut down is the receiving side's to take out. */
static void add_listing_steps(BpCourt *c) {
  for (guint i = 0; i < c->listings->len; i++) {
    const BpListing *l = &g_array_index(c->listings, BpListing, i);
    if (g_strcmp0(l->status, "closed") == 0 && l->note)
      add_step(c, FALSE, l->note);
  }
}

static gboolean all_closed(const BpCourt *c) {
  guint n = 0;
  while (n < c->listings->len && g_strcmp0(g_array_index(c->listings, BpListing, n).status, "closed") == 0)
    n++;
  return n > 0 && n == c->listings->len;
}

static void add_reference(BpCourt *c, const char *url) {
  if (!url)
    return;
  for (guint i = 0; i < c->references->len; i++)
    if (g_str_equal(g_ptr_array_index(c->references, i), url))
      return;
  g_ptr_array_add(c->references, (gpointer)(guintptr)url);
}

void bp_court_add_references(BpCourt *c) {
  for (guint32 i = 0; c->rule && i < c->rule->references.n; i++)
    add_reference(c, BP_STR(c->tables, c->tables->numbers[c->rule->references.first + i]));
  const BpVendorRecord *vendor = named_vendor(c);
  if (!vendor)
    return;
  add_reference(c, bp_string(c->tables, vendor->codes));
  add_reference(c, bp_string(c->tables, vendor->postmaster));
  add_reference(c, bp_string(c->tables, vendor->unblock));
}

static void describe_code(const BpCourt *c, const BpCodeRecord *r, BpCodeMeaning *meaning) {
  if (!r)
    return;
  meaning->name = bp_court_text(c, r->name);
  meaning->text = bp_court_text(c, r->meaning);
}

void bp_court_describe_codes(BpCourt *c) {
  if (c->status.class)
    describe_code(c, bp_find_status(c->tables, c->status.class, c->status.subject, c->status.detail),
                  &c->verdict->status_meaning);
  if (c->code < 100 || c->code > 599)
    return;
  BpCodeMeaning *meaning = &c->verdict->code_meaning;
  describe_code(c, bp_find_code(c->tables, c->code), meaning);
  guint digits[] = {c->code / 100, c->code / 10 % 10, c->code % 10};
  for (guint i = 0; i < 3; i++) {
    const BpCodeRecord *r = bp_find_digit(c->tables, i + 1, digits[i]);
    meaning->digits[i] = r ? bp_court_text(c, r->meaning) : NULL;
  }
}

/* ---- advice ------------------------------------------------------------------------------------------------- */

static gboolean is_temporary(const BpCourt *c) {
  return c->evidence->action == BP_ACTION_DELAYED || c->status.class == 4 || (c->code >= 400 && c->code < 500);
}

const BpCauseRecord *bp_court_answer(const BpCourt *c, const char *id) {
  guint32 n = bp_find_cause(c->tables, id);
  return n == BP_ANY ? NULL : &c->tables->causes[n];
}

void bp_court_speak(BpCourt *c, const BpCauseRecord *answer) {
  BpVerdict *v = c->verdict;
  v->title = bp_court_text(c, answer->title);
  v->meaning = bp_fill(c->arena, bp_court_text(c, answer->meaning), field, c);
  v->reason = bp_court_text(c, answer->reason);
  bp_court_add_steps(c, answer->steps);
}

/* TRUE where nothing was said but a code that is given for many reasons: "550" alone. */
static gboolean is_code_alone(const BpCourt *c) {
  return c->by_code && c->by_code->weak && g_str_equal(c->verdict->decided_by, "code");
}

/* Why an address is to be looked at before it is removed: nobody named it, no mail system tells of it, no rule knows the
 * wording, the words of the reply do not bear a rule out, or it has none. NULL where it may be removed. */
static const char *why_review(const BpCourt *c) {
  const BpEvidence *e = c->evidence;
  if (e->action != BP_ACTION_NONE && (!e->address || !*e->address))
    return "no-recipient";
  if (e->hearsay)
    return "by-hearsay";
  if (c->by_words)
    return "by-words";
  if (is_code_alone(c))
    return "by-code";
  return c->doubted ? "in-doubt" : NULL;
}

static void temper(BpCourt *c) {
  BpVerdict *v = c->verdict;
  gboolean remove = g_strcmp0(v->advice, "remove") == 0;
  const char *review = remove ? why_review(c) : NULL;
  if (is_temporary(c)) {
    v->permanence = "temporary";
    if (remove) {
      v->advice = "retry";
      if (c->cause->reason_temporary)
        v->reason = bp_court_text(c, c->cause->reason_temporary);
    }
  } else if (review) {
    const BpCauseRecord *why = bp_court_answer(c, review);
    v->advice = "review";
    if (why)
      v->reason = bp_court_text(c, why->reason);
  }
}

void bp_court_advise(BpCourt *c) {
  BpVerdict *v = c->verdict;
  v->cause = BP_STR(c->tables, c->cause->id);
  v->category = bp_string(c->tables, c->cause->category);
  v->permanence = bp_string(c->tables, c->cause->permanence);
  v->advice = bp_string(c->tables, c->cause->advice);
  if (c->rule)
    bp_court_add_steps(c, c->rule->steps);
  add_listing_steps(c);
  if (c->by_code)
    bp_court_add_steps(c, c->by_code->steps);
  const BpCauseRecord *closed =
      all_closed(c) && g_str_equal(v->cause, "ip-blocklisted") ? bp_court_answer(c, "list-closed") : NULL;
  bp_court_speak(c, closed ? closed : c->cause);
  if (c->by_code && c->reply.own == 0 && c->by_code->meaning)
    v->meaning = bp_court_text(c, c->by_code->meaning);
  if (c->rule && c->rule->title)
    v->title = bp_court_text(c, c->rule->title);
  const char *own =
      c->rule && c->rule->meaning ? bp_fill(c->arena, bp_court_text(c, c->rule->meaning), field, c) : NULL;
  if (own)
    v->meaning = own;
  if (c->rule && c->rule->reason)
    v->reason = bp_court_text(c, c->rule->reason);
  temper(c);
  if (g_str_equal(v->cause, "user-unknown") || g_str_equal(v->cause, "domain-unknown"))
    v->suggestion = bp_suggest(c->arena, c->tables, c->evidence->address);
}
