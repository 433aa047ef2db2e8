/* layouts.c - runs the layouts of patterns/layouts on a notification's text
 *
 * A layout says how a mail system's bounce is recognised, between which lines the recipients stand, and what each looks
 * like. An entry is one recipient: it goes from its match to the next one's. */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define ENTRIES_MAX 10000
#define LOOKS_MAX 100 /* replies of which more is looked for in the text */
#define MARK "<<< "   /* before a line of the server in a dialogue, */
#define MARK_REACH 64 /* within so many bytes of it */

typedef struct {
  gsize at;     /* where the entry begins in the text */
  gsize behind; /* the end of what named the recipient */
  const char *address;
  BpRecipient *recipient;
  const BpEntryRecord *naming; /* the pattern that found it */
} Entry;

typedef struct {
  BpReading *r;
  const BpGroupRecord *group;
  gsize from, to; /* the region of the text that holds the entries */
  BpAction action;
  GArray *entries;
  BpCandidates candidates; /* the layout's patterns that may match */
} Run;

/* Calls the entries of the layout that have key, in their order. */
static const BpEntryRecord *next_entry(const Run *run, const char *key, guint32 *at) {
  const BpTables *t = run->r->tables;
  while (*at < run->group->entries.n) {
    const BpEntryRecord *e = &t->entries[run->group->entries.first + (*at)++];
    if (g_str_equal(BP_STR(t, e->key), key))
      return e;
  }
  return NULL;
}

/* Runs the entry's pattern on the text between from and to. */
static gboolean matches(const Run *run, const BpEntryRecord *e, gsize from, gsize to) {
  return bp_candidates_include(&run->candidates, e->matcher) &&
         bp_candidates_run_in(run->r->matcher, &run->candidates, e->matcher, from, to);
}

static gboolean find_any(const Run *run, const char *key, gsize from, gsize *start, gsize *end) {
  guint32 at = 0;
  for (const BpEntryRecord *e; (e = next_entry(run, key, &at));)
    if (matches(run, e, from, run->r->length)) {
      bp_matcher_span(run->r->matcher, start, end);
      return TRUE;
    }
  return FALSE;
}

static void find_region(Run *run) {
  gsize start, end;
  run->from = find_any(run, "start", 0, &start, &end) ? end : 0;
  run->to = find_any(run, "stop", run->from, &start, &end) ? start : run->r->length;
}

static BpAction find_action(const Run *run) {
  gsize start, end;
  BpReading *r = run->r;
  const char *kind = bp_group_value(r->tables, run->group, "kind");
  if (find_any(run, "delay", 0, &start, &end) || g_strcmp0(kind, "delay") == 0)
    return BP_ACTION_DELAYED;
  if (find_any(run, "success", 0, &start, &end) || g_strcmp0(kind, "success") == 0)
    return BP_ACTION_DELIVERED;
  if (g_strcmp0(kind, "phrases") == 0 && bp_tells_of(r, BP_MATCH_DELAY))
    return BP_ACTION_DELAYED;
  return BP_ACTION_FAILED;
}

/* ---- what patterns capture ---------------------------------------------------------------------------------- */

static const char *capture(const BpReading *r, const char *text, const char *name) {
  return bp_captured(r->arena, r->matcher, text, name, BP_REPLY_MAX);
}

/* The mark of a line of the server in a dialogue, "<<< " or "<-- ", perhaps with a time before it; NULL for none. */
static const char *find_mark(const char *line, gsize length) {
  static const char *const marks[] = {MARK, "<-- "};
  for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
    const char *mark = g_strstr_len(line, (gssize)length, marks[i]);
    if (mark)
      return mark + strlen(marks[i]);
  }
  return NULL;
}

/* A reply in one line; one of several lines out of a dialogue, "<<< 550-…" and "<<< 550 …", without the marks between
 * them and what stands before these. */
static const char *without_marks(BpReading *r, const char *text, gsize length) {
  g_autoptr(GString) joined = NULL;
  const char *end = text + length, *line = memchr(text, '\n', length);
  while (line) {
    line++;
    const char *next = memchr(line, '\n', (gsize)(end - line)), *stop = next ? next : end,
               *mark = find_mark(line, MIN((gsize)(stop - line), MARK_REACH));
    const char *words = mark ? mark : line;
    if (mark && !joined)
      joined = g_string_new_len(text, line - text);
    if (joined) {
      g_string_append_len(joined, words, stop - words);
      g_string_append_c(joined, '\n');
    }
    line = next;
  }
  return joined ? bp_one_line(r->arena, joined->str, joined->len, BP_REPLY_MAX)
                : bp_one_line(r->arena, text, length, BP_REPLY_MAX);
}

static const char *captured_reply(BpReading *r, const char *text) {
  gsize from, to;
  gboolean captured = bp_matcher_group(r->matcher, "reply", &from, &to) && from < to;
  return captured ? without_marks(r, text + from, to - from) : NULL;
}

/* What one run captured; NULL where it did not. */
typedef struct {
  const char *reply, *code, *host, *ip, *command, *log_id, *alias;
  BpReply parsed;  /* reply */
  BpStatus status; /* class is 0 where it did not */
} Captures;

static void read_captures(BpReading *r, const char *text, Captures *c) {
  const char *status = capture(r, text, "status"), *reporter = capture(r, text, "reporting_host"),
             *alias = capture(r, text, "alias"), *command = capture(r, text, "command"), *unused = NULL;
  *c = (Captures){.reply = captured_reply(r, text),
                  .code = capture(r, text, "code"),
                  .host = capture(r, text, "remote_host"),
                  .ip = capture(r, text, "remote_ip"),
                  .command = command ? bp_command_of(command) : NULL,
                  .log_id = capture(r, text, "log_id"),
                  .alias = alias ? bp_address_of(r->arena, alias, FALSE) : ""};
  if (c->reply)
    bp_reply_parse(r->arena, c->reply, strlen(c->reply), &c->parsed);
  if (status)
    bp_status_find(status, &c->status);
  if (reporter && !r->report->reporter_host)
    bp_host_of(r->arena, reporter, &r->report->reporter_host, &unused);
}

/* Gives captures to a recipient; what stands already stays. */
static void give(BpReading *r, BpRecipient *recipient, const Captures *c) {
  if (c->reply)
    bp_recipient_take_reply(r, recipient, &c->parsed);
  if (c->code && !recipient->code)
    recipient->code = c->code;
  if (c->status.class &&
      (!recipient->status || (bp_status_specific(c->status) && g_str_has_suffix(recipient->status, ".0.0"))))
    recipient->status = bp_status_text(r->arena, c->status);
  if (c->host)
    bp_host_of(r->arena, c->host, &recipient->remote_host, &recipient->remote_ip);
  if (c->ip && !recipient->remote_ip)
    recipient->remote_ip = c->ip;
  if (c->command && !recipient->command)
    recipient->command = c->command;
  if (c->log_id && !recipient->log_id)
    recipient->log_id = c->log_id;
  if (*c->alias && !recipient->original_address && !bp_address_same(c->alias, recipient->address))
    recipient->original_address = c->alias;
}

/* Gives the captures of the last run to a recipient. */
static void take(Run *run, BpRecipient *recipient, const char *text) {
  Captures captures;
  read_captures(run->r, text, &captures);
  give(run->r, recipient, &captures);
}

/* ---- entries ------------------------------------------------------------------------------------------------ */

/* An address on a line of its own that goes on where a long one above it ended, in the reply on the recipient before.
 */
static gboolean is_wrapped(const Run *run, gsize start, gsize end) {
  const char *text = run->r->text;
  gsize line = start, above;
  while (line > run->from && text[line - 1] != '\n')
    line--;
  if (line <= run->from || (text[end] && text[end] != '\n') ||
      !g_ascii_isalnum(text[line + strspn(text + line, " \t")]))
    return FALSE;
  for (above = line - 1; above > run->from && text[above - 1] != '\n';)
    above--;
  const char *below = text[end] ? text + end + 1 : text + end;
  return line - above > BP_WRAPPED && text[line - 2] != ':' &&
         !(*below && (strchr(" \t<>(", *below) || g_ascii_isdigit(*below)));
}

/* The address of the list itself, whose owner reads or wrote this, or of who wrote it. */
static gboolean is_list(const BpReading *r, const char *writer, const char *address) {
  return (r->list_owner && bp_address_looks_after(r->list_owner, address)) || bp_address_looks_after(writer, address) ||
         bp_address_same(writer, address);
}

/* Whoever looks after a list: "trees-owner@", "owner-trees@". */
static gboolean is_list_owner(const char *address) {
  static const char *const words[] = {"-owner@", "+owner@", "-request@", "-bounces@", "-admin@", NULL};
  for (const char *const *word = words; *word; word++)
    if (strcasestr(address, *word))
      return TRUE;
  return g_ascii_strncasecmp(address, "owner-", 6) == 0;
}

/* Who reads a notice about members is told of others. */
static gboolean is_no_member(const BpReading *r, const char *address) {
  const char *reader = r->report->returned_to;
  return is_list_owner(address) || (reader && bp_address_same(reader, address));
}

/* Where others are named too, the list is not who failed; nor where a layout that tells of its members can name one. */
static void leave_out_list(Run *run, gboolean of_members) {
  const char *writer = bp_sender(run->r);
  guint kept = 0;
  for (guint i = 0; i < run->entries->len; i++) {
    const Entry *e = &g_array_index(run->entries, Entry, i);
    if (!is_list(run->r, writer, e->address) && !(of_members && is_no_member(run->r, e->address)))
      g_array_index(run->entries, Entry, kept++) = *e;
  }
  if (kept || of_members)
    g_array_set_size(run->entries, kept);
}

static gboolean is_shortened(const char *address) {
  const char *domain = strrchr(address, '@');
  return domain && strstr(domain, "..");
}

/* "bob@e...", as a list shows who else reads it; where an archive shows all so, it may be the recipient. */
static gboolean is_hidden(const BpReading *r, const char *address) {
  return is_shortened(address) && !is_shortened(bp_sender(r));
}

static void find_entries(Run *run) {
  BpReading *r = run->r;
  guint32 at = 0;
  gboolean of_members = bp_group_value(r->tables, run->group, "wraps") != NULL;
  for (const BpEntryRecord *e; run->entries->len == 0 && (e = next_entry(run, "recipient", &at));) {
    gsize pos = run->from, start, end, from, to;
    while (pos < run->to && run->entries->len < ENTRIES_MAX && matches(run, e, pos, run->to)) {
      bp_matcher_span(r->matcher, &start, &end);
      pos = end > pos ? end : pos + bp_char_length(r->text + pos);
      if (!bp_matcher_group(r->matcher, "recipient", &from, &to))
        continue;
      g_autofree char *value = g_strndup(r->text + from, to - from);
      Entry entry = {start, end, bp_address_of(r->arena, value, TRUE), NULL, e};
      if (*entry.address && !(run->entries->len && is_wrapped(run, from, to)) && !is_hidden(r, entry.address))
        g_array_append_val(run->entries, entry);
    }
    leave_out_list(run, of_members);
  }
}

/* In a report that names its recipients elsewhere, the text only adds to them. */
static BpRecipient *recipient_of(Run *run, const char *address) {
  BpReading *r = run->r;
  GPtrArray *all = r->report->recipients;
  if (!r->complement)
    return bp_recipient_add(r, address, run->action);
  BpRecipient *known = bp_recipient_find(r, address);
  return known || all->len != 1 || run->entries->len != 1 ? known : g_ptr_array_index(all, 0);
}

static void read_entry(Run *run, Entry *entry, gsize end) {
  BpReading *r = run->r;
  BpRecipient *recipient = entry->recipient = recipient_of(run, entry->address);
  if (!recipient)
    return;
  const char *block = r->text + entry->at;
  gsize length = end - entry->at;
  guint32 at = 0;
  if (matches(run, entry->naming, entry->at, run->to))
    take(run, recipient, r->text);
  for (const BpEntryRecord *e; (e = next_entry(run, "reply", &at));)
    if (bp_candidates_include(&run->candidates, e->matcher) && bp_matcher_run(r->matcher, e->matcher, block, length, 0))
      take(run, recipient, block);
  bp_recipient_context(r, recipient, block, length);
}

/* Where no pattern found a reply, what stands behind the recipient is it. */
static void read_rest(Run *run, const Entry *entry, gsize end) {
  BpRecipient *recipient = entry->recipient;
  if (recipient && (!recipient->diagnostic || !*recipient->diagnostic))
    bp_recipient_reply(run->r, recipient, run->r->text + entry->behind, end - entry->behind);
}

/* Where a heading, "   ----- Transcript of session follows -----", begins between from and the end of the region. */
static gsize find_heading(const Run *run, gsize from) {
  const char *text = run->r->text, *end = text + run->to, *p = text + from;
  while ((p = memchr(p, '\n', (gsize)(end - p))) && ++p < end) {
    const char *first = p;
    while (first < end && (*first == ' ' || *first == '\t'))
      first++;
    if (end - first >= 5 && memcmp(first, "-----", 5) == 0)
      return (gsize)(p - text);
  }
  return run->to;
}

/* Behind the last of several, a heading begins what is told of all. */
static gsize entry_end(const Run *run, guint n) {
  if (n + 1 < run->entries->len)
    return g_array_index(run->entries, Entry, n + 1).at;
  return n ? find_heading(run, g_array_index(run->entries, Entry, n).behind) : run->to;
}

static gboolean is_blank(const char *text, gsize from, gsize to) {
  for (gsize i = from; i < to; i++)
    if (!strchr(" \t\r\n<>,;", text[i]))
      return FALSE;
  return TRUE;
}

/* TRUE where what follows an entry is set apart from it by a blank line. */
static gboolean is_apart(const char *text, const Entry *entry) {
  const char *rest = text + entry->behind;
  rest += strspn(rest, " \t\r>");
  return rest[0] == '\n' && rest[1 + strspn(rest + 1, " \t\r")] == '\n';
}

/* Addresses one below the other, and below them all one reply: it is said of all. */
static void share_reply(Run *run) {
  const char *text = run->r->text;
  guint n = run->entries->len;
  const Entry *last = n ? &g_array_index(run->entries, Entry, n - 1) : NULL;
  if (n < 2 || run->r->complement || !last->recipient || !is_apart(text, last) || entry_end(run, n - 1) != run->to)
    return;
  for (guint i = n - 1; i-- > 0;) {
    const Entry *entry = &g_array_index(run->entries, Entry, i);
    BpRecipient *recipient = entry->recipient;
    if (!is_blank(text, entry->behind, entry[1].at) || (recipient->diagnostic && *recipient->diagnostic) ||
        !last->recipient->diagnostic || bp_names_another(run->r, recipient, last->recipient->diagnostic))
      return;
    recipient->diagnostic = last->recipient->diagnostic;
    recipient->code = last->recipient->code;
    recipient->status = last->recipient->status;
  }
}

/* Takes each match of a pattern that names the recipient of whom it tells; TRUE where it does name one. */
static gboolean take_named(Run *run, const BpEntryRecord *e) {
  BpReading *r = run->r;
  gsize pos = 0, start, end, from, to;
  gboolean names = FALSE;
  for (guint n = 0; n < ENTRIES_MAX && pos < r->length && matches(run, e, pos, r->length); n++) {
    bp_matcher_span(r->matcher, &start, &end);
    pos = end > pos ? end : pos + bp_char_length(r->text + pos);
    if (!bp_matcher_group(r->matcher, "recipient", &from, &to))
      return FALSE;
    names = TRUE;
    g_autofree char *value = g_strndup(r->text + from, to - from);
    BpRecipient *recipient = bp_recipient_find(r, bp_address_of(r->arena, value, TRUE));
    Captures captures;
    read_captures(r, r->text, &captures);
    if (recipient && !(captures.reply && bp_names_another(r, recipient, captures.reply)))
      give(r, recipient, &captures);
  }
  return names;
}

/* TRUE where the pattern, which matched up to end, matches again. */
static gboolean matches_again(const Run *run, const BpEntryRecord *e, gsize end) {
  return end < run->r->length && matches(run, e, end, run->r->length);
}

/* TRUE where the text has the domain of the recipient's address as a word. */
static gboolean names_domain(const char *text, const BpRecipient *recipient) {
  const char *at = strrchr(recipient->address, '@');
  gsize length = at && at[1] ? strlen(++at) : 0;
  for (const char *p = text; length && (p = strcasestr(p, at)); p++)
    if ((p == text || !(g_ascii_isalnum(p[-1]) || strchr(".-@", p[-1]))) && !g_ascii_isalnum(p[length]) &&
        p[length] != '-')
      return TRUE;
  return FALSE;
}

static gboolean names_any_domain(const char *text, const GPtrArray *all) {
  for (guint i = 0; text && i < all->len; i++)
    if (names_domain(text, g_ptr_array_index(all, i)))
      return TRUE;
  return FALSE;
}

/* TRUE where a reply that refuses is none to the recipient, who was reached. */
static gboolean was_reached(const BpRecipient *recipient, const char *reply) {
  return recipient->action > BP_ACTION_DELAYED && reply && (*reply == '4' || *reply == '5');
}

static gboolean names_any_address(const char *text, const GPtrArray *all) {
  for (guint i = 0; text && strchr(text, '@') && i < all->len; i++)
    if (bp_names(g_ptr_array_index(all, i), text))
      return TRUE;
  return FALSE;
}

/* A reply that stands once may be that to one of several: it adds nothing to a reply of one's own, and where it names
 * the addresses or domains of some it is theirs. */
static void give_all(BpReading *r, const Captures *captures) {
  const GPtrArray *all = r->report->recipients;
  gboolean several = all->len > 1, addressed = several && names_any_address(captures->reply, all),
           names_some = several && names_any_domain(captures->reply, all);
  for (guint i = 0; i < all->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(all, i);
    Captures given = *captures;
    if ((several && recipient->diagnostic && *recipient->diagnostic) || was_reached(recipient, captures->reply) ||
        (addressed ? !bp_names(recipient, captures->reply) : names_some && !names_domain(captures->reply, recipient)))
      given.reply = NULL;
    give(r, recipient, &given);
  }
}

/* The lines that a reply lacks, where a dialogue shows them: "<<< 554-…", "<<< 554 …". */
static void complete(BpReading *r, BpRecipient *recipient) {
  g_autofree char *first = g_strdup_printf("\n" MARK "%s\n" MARK, recipient->diagnostic);
  const char *begin = strstr(r->text, first);
  if (!begin)
    return;
  begin += strlen("\n" MARK);
  const char *end = begin + strcspn(begin, "\n");
  gboolean more = TRUE;
  while (more && g_str_has_prefix(end, "\n" MARK)) {
    const char *line = end + strlen("\n" MARK);
    more = strncmp(line, begin, 3) == 0 && line[3] == '-';
    end = line + strcspn(line, "\n");
  }
  const char *reply = without_marks(r, begin, (gsize)(end - begin));
  bp_recipient_reply(r, recipient, reply, strlen(reply));
}

static void complete_cut(BpReading *r) {
  const GPtrArray *all = r->report->recipients;
  guint looks = 0;
  for (guint i = 0; i < all->len && looks < LOOKS_MAX; i++) {
    BpRecipient *recipient = g_ptr_array_index(all, i);
    if (recipient->diagnostic && bp_reply_is_cut(recipient->diagnostic)) {
      complete(r, recipient);
      looks++;
    }
  }
}

/* TRUE where the host serves the recipient: the report says so, or the host is one of the domain. */
static gboolean is_served_by(const BpRecipient *recipient, const char *host) {
  const char *domain = strrchr(recipient->address, '@');
  gsize n = strlen(host), length = domain ? strlen(++domain) : 0;
  if (recipient->remote_host)
    return g_ascii_strcasecmp(recipient->remote_host, host) == 0;
  return length && length <= n && g_ascii_strcasecmp(host + n - length, domain) == 0 &&
         (length == n || host[n - length - 1] == '.');
}

/* Of several recipients, those without a reply of their own take what their host said. TRUE where it told of hosts. */
static gboolean take_hosted(Run *run, const BpEntryRecord *e) {
  BpReading *r = run->r;
  const GPtrArray *all = r->report->recipients;
  gsize pos = 0, start, end;
  for (guint n = 0; all->len > 1 && n < ENTRIES_MAX && pos < r->length && matches(run, e, pos, r->length); n++) {
    Captures captures;
    bp_matcher_span(r->matcher, &start, &end);
    pos = end > pos ? end : pos + bp_char_length(r->text + pos);
    read_captures(r, r->text, &captures);
    if (!captures.host || !captures.reply)
      return FALSE;
    for (guint i = 0; i < all->len; i++) {
      BpRecipient *recipient = g_ptr_array_index(all, i);
      if ((!recipient->diagnostic || !*recipient->diagnostic) && !was_reached(recipient, captures.reply) &&
          is_served_by(recipient, captures.host) && !bp_names_another(r, recipient, captures.reply))
        give(r, recipient, &captures);
    }
  }
  return pos > 0;
}

/* TRUE where the pattern, which matched up to end and captured a reply, matches again with another one. */
static gboolean tells_another(const Run *run, const BpEntryRecord *e, gsize end, const char *reply) {
  Captures again;
  if (!matches_again(run, e, end))
    return FALSE;
  read_captures(run->r, run->r->text, &again);
  return again.reply && !g_str_equal(again.reply, reply);
}

/* What stands once for all recipients, or elsewhere for one that it names. */
static void read_context(Run *run) {
  guint32 at = 0;
  for (const BpEntryRecord *e; (e = next_entry(run, "context", &at));)
    if (!take_named(run, e) && !take_hosted(run, e) && matches(run, e, 0, run->r->length)) {
      Captures captures;
      gsize start, end;
      bp_matcher_span(run->r->matcher, &start, &end);
      read_captures(run->r, run->r->text, &captures);
      gboolean several = run->r->report->recipients->len > 1;
      if (captures.host && several && matches_again(run, e, end))
        captures.host = captures.ip = NULL; /* of several hosts, nobody knows whose */
      if (captures.reply && several && tells_another(run, e, end, captures.reply))
        captures.reply = NULL;
      give_all(run->r, &captures);
    }
  complete_cut(run->r);
}

/* Recipients that a header field of the bounce names (X-Failed-Recipients). */
static void read_header(Run *run) {
  BpReading *r = run->r;
  guint32 at = 0;
  for (const BpEntryRecord *e; (e = next_entry(run, "recipient-header", &at));) {
    guint field = 0;
    for (const char *value; (value = bp_fields_next(r->headers, BP_STR(r->tables, e->value), &field));) {
      gsize from = 0, to, length = strlen(value);
      for (; bp_address_next(value, length, &from, &to); from = to) {
        const char *address = bp_arena_strndup(r->arena, value + from, to - from);
        bp_recipient_add(r, address, run->action);
      }
    }
  }
}

/* The reader's own mail comes back from one whom nothing else names. */
static void take_returned(Run *run) {
  const char *to = run->r->report->original.to;
  if (bp_group_value(run->r->tables, run->group, "returned") && to && !run->r->for_several && bp_is_of_reader(run->r))
    bp_recipient_add(run->r, to, run->action);
}

/* Of one whom only the header names, the whole text tells. */
static void read_region(Run *run) {
  const GPtrArray *all = run->r->report->recipients;
  BpRecipient *recipient = all->len == 1 ? g_ptr_array_index(all, 0) : NULL;
  if (recipient && (!recipient->diagnostic || !*recipient->diagnostic))
    bp_recipient_reply(run->r, recipient, run->r->text + run->from, run->to - run->from);
}

static gboolean run_layout(BpReading *r, const BpGroupRecord *group) {
  Run run = {.r = r, .group = group};
  run.entries = g_array_new(FALSE, FALSE, sizeof(Entry));
  run.candidates = bp_matcher_candidates(r->matcher, BP_MATCH_NONE, r->text, r->length);
  run.action = find_action(&run);
  find_region(&run);
  find_entries(&run);
  for (guint i = 0; i < run.entries->len; i++)
    read_entry(&run, &g_array_index(run.entries, Entry, i), entry_end(&run, i));
  if (!r->complement && r->report->recipients->len == 0)
    read_header(&run);
  if (!r->complement && r->report->recipients->len == 0)
    take_returned(&run);
  if (r->report->recipients->len)
    read_context(&run);
  if (!r->complement && run.entries->len == 0)
    read_region(&run);
  for (guint i = 0; i < run.entries->len; i++)
    read_rest(&run, &g_array_index(run.entries, Entry, i), entry_end(&run, i));
  share_reply(&run);
  g_array_unref(run.entries);
  return r->report->recipients->len > 0;
}

static gboolean by_text_alone(const BpReading *r, const BpGroupRecord *group) {
  static const char *const keys[] = {"from", "header"};
  for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
    if (bp_group_value(r->tables, group, keys[i]))
      return FALSE;
  return TRUE;
}

/* A layout that is known by its text alone would take a bounce that a person quotes for one of the mail system's; any
 * would, in what a list hands out. */
static gboolean may_be_quoted(BpReading *r, const BpGroupRecord *group) {
  return !r->complement && (bp_is_handed_out(r) || (by_text_alone(r, group) && !bp_layout_may_tell(r)));
}

gboolean bp_read_layouts(BpReading *r) {
  guint at = 0;
  for (const BpGroupRecord *group; (group = bp_recognise(r, BP_FILE_LAYOUTS, &at));) {
    if (may_be_quoted(r, group) || !run_layout(r, group))
      continue;
    const char *software = bp_group_value(r->tables, group, "software");
    if (!r->report->reporter_software)
      r->report->reporter_software = software;
    if (!r->complement)
      r->report->layout = BP_STR(r->tables, group->id);
    return TRUE;
  }
  return FALSE;
}

gboolean bp_layout_says(BpReading *r, const char *key) {
  guint at = 0;
  for (const BpGroupRecord *group; (group = bp_recognise(r, BP_FILE_LAYOUTS, &at));)
    if (bp_group_value(r->tables, group, key) && !may_be_quoted(r, group))
      return TRUE;
  return FALSE;
}
