/* tables.h - a pattern set as flat, read-only tables
 *
 * The shipped set is written as C by the build (emit.c) and costs nothing at start: records are made of 32-bit numbers
 * only, so nothing is relocated. A set with layers has the same tables, built in memory. Strings are offsets into
 * text, 0 is the empty string; a translatable text is an index into texts, one entry a language. */
#pragma once

#include <glib.h>
#include <string.h>

typedef guint32 BpString;
typedef guint32 BpText; /* 0: none */

typedef struct {
  guint32 first;
  guint32 n;
} BpRange;

typedef struct {
  guint32 for_admin;
  BpText text;
} BpStepRecord;

typedef struct {
  BpString id, category, permanence, advice;
  BpText title, meaning, reason, reason_temporary;
  BpRange steps;
} BpCauseRecord;

typedef enum { BP_CODE_REPLY, BP_CODE_STATUS, BP_CODE_DIGIT } BpCodeKind;

#define BP_ANY G_MAXUINT32 /* x in a status, and "no record" in an index */

/* Ranges of numbers, both ends in. a: reply code or class of a status; b: subject; c: detail. */
typedef struct {
  guint32 a_low, a_high, b_low, b_high, c_low, c_high;
} BpCondition;

typedef struct {
  guint32 kind; /* BpCodeKind */
  BpCondition what;
  BpText name, meaning;
  guint32 cause; /* index, or BP_ANY */
  guint32 weak;
  BpText title;
  BpRange steps;
} BpCodeRecord; /* sorted by kind */

typedef struct {
  BpString id, name, kind, postmaster, codes, unblock, contact;
  BpText note;
} BpVendorRecord;

typedef struct {
  BpString suffix;
  guint32 vendor;
} BpHostRecord; /* sorted by suffix */

typedef struct {
  BpString id, kind, status, lookup, removal;
  BpText name, duration, note;
  BpRange over; /* indices in numbers */
} BpBlocklistRecord;

typedef struct {
  BpString id, file;
  guint32 line;
  guint32 cause;   /* index */
  BpString vendor; /* 0: the one found */
  guint32 weak;
  guint32 added;           /* a layer's, of a name that the shipped set does not have */
  guint32 general_removal; /* of the shipped set and of no vendor, and removes: in doubt others of its rank go before */
  guint32 sure;            /* words never overrule it: a rule of a layer, or one that says so */
  guint32 guard;           /* wins only over the rules that it names, and never alone */
  BpRange codes, statuses; /* in conditions */
  BpRange when;            /* in numbers: vendor ids; 0 for a reply of no vendor */
  BpRange over;            /* in numbers: rules that this one wins over */
  BpString over_advice;    /* and those whose cause advises so; 0 for none */
  BpText title, meaning, reason;
  BpRange steps, references; /* references in numbers: strings */
} BpRuleRecord;

/* What a matcher belongs to; each has an index of literals of its own. */
typedef enum {
  BP_MATCH_REPLY,
  BP_MATCH_SIGN,
  BP_MATCH_BLOCKLIST,
  BP_MATCH_FROM, /* of kinds and layouts; likewise the next */
  BP_MATCH_SUBJECT,
  BP_MATCH_HEADER,
  BP_MATCH_BODY,
  BP_MATCH_FAILURE, /* of phrases, likewise the next: words that say that delivery failed */
  BP_MATCH_DELAY,
  BP_MATCH_SUCCESS,
  BP_MATCH_SENDER,        /* From: of mail systems */
  BP_MATCH_BOUNCE,        /* subjects of bounces */
  BP_MATCH_ORIGINAL,      /* lines behind which the returned message stands */
  BP_MATCH_FOOTER,        /* what list managers and mail clients set below a mail */
  BP_MATCH_RECIPIENT,     /* words before or behind a failed recipient */
  BP_MATCH_NOT_RECIPIENT, /* lines whose addresses are none */
  BP_MATCH_REASON,        /* words behind which the reason is told */
  BP_MATCH_OF_OTHERS,     /* words that announce what is said of others than the recipient */
  BP_MATCH_FACT,          /* facts that any reply may state */
  BP_MATCH_LOG,           /* lines of mail logs */
  BP_MATCH_CONTEXT,       /* host, command and reply as reports quote them */
  BP_MATCH_STATED,        /* fields of the returned message that the text names */
  BP_MATCH_VERP,          /* return paths made for one recipient */
  BP_MATCH_MAIL,          /* words for a mail */
  BP_MATCH_ROBOT,         /* local parts of programs that write notices */
  BP_MATCH_UNDONE,        /* words that say that something was not sent or delivered */
  BP_MATCH_SUPPOSED,      /* words of what is not so, but may be: "if", "please" */
  BP_MATCH_ANOTHER,       /* words right before an address that is another's: "from" */
  BP_MATCH_TOWARD,        /* words right before an address that a mail goes to */
  BP_MATCH_MAILER,        /* X-Mailer of programs that people write mail with */
  BP_MATCH_PERSON,        /* words by which a person speaks of himself: "I", "my" */
  BP_MATCH_NOBODY,        /* local parts, letters alone, where nobody reads what comes */
  BP_MATCH_BEFORE_AT,     /* words before "at mx.example.org" that are no local part */
  BP_MATCH_SLIP,          /* misspelt words; each is owned by its entry, likewise the next */
  BP_MATCH_CONTRACTION,   /* "isn't" */
  BP_MATCH_NONE,          /* run by name: what stands in a layout once it is recognised */
  BP_N_MATCH
} BpMatchDomain;

#define BP_OVER_WORDS 4

typedef struct {
  BpString pattern;
  guint32 owner;      /* index of rule, vendor, block list or group; BP_ANY for a rule without pattern */
  guint32 min_length; /* PCRE2_INFO_MINLENGTH */
  guint32 program;    /* where in the shipped set's programs; 0 where it is not there */
  guint32 needs;      /* where in the shipped set's needs; 0 where they are not there */
  /* Of replies, what is asked of its rule for every candidate: rules lie far apart. */
  guint32 weak, guard;
  BpString over_advice;
  guint32 over_bits[BP_OVER_WORDS]; /* a bit for each rule that it names in over=, see bp_names_over() */
} BpMatcherRecord;

/* FALSE where the rule of a matcher does not name another in over=; several rules share a bit. */
static inline gboolean bp_names_over(const BpMatcherRecord *matcher, guint32 rule) {
  return matcher->over_bits[rule / 32 % BP_OVER_WORDS] >> (rule % 32) & 1;
}

/* The kinds of groups that are kept as they are written: kinds, phrases, layouts. */
typedef struct {
  BpString id;
  guint32 kind;          /* BpFileKind */
  guint32 recognised_by; /* bits BP_RECOGNISE(domain): each of these has one of its patterns that must match */
  BpRange entries;
} BpGroupRecord;

/* TRUE for domains that are run, one after the other, on the text of a notification. */
static inline gboolean bp_is_of_text(BpMatchDomain domain) {
  return domain == BP_MATCH_BODY || (domain >= BP_MATCH_FAILURE && domain <= BP_MATCH_SUCCESS) ||
         (domain >= BP_MATCH_ORIGINAL && domain <= BP_MATCH_REASON) || domain == BP_MATCH_STATED ||
         domain == BP_MATCH_NONE;
}

/* The bit of one of the domains from BP_MATCH_FROM to BP_MATCH_BODY. */
#define BP_RECOGNISE(domain) (1u << ((domain)-BP_MATCH_FROM))

typedef struct {
  BpString key;
  BpString value;
  guint32 matcher; /* index, or BP_ANY where the value is no pattern */
} BpEntryRecord;

/* A literal, which several clauses may hold. */
typedef struct {
  BpString text; /* folded */
  guint32 length;
  guint32 at;      /* where in it the gram stands by which it is filed, see bp_gram() */
  guint32 head[2]; /* its first bytes, see bp_head() */
  BpRange keys;    /* the clauses that it leads to, each by where it stands in numbers, times two; odd where a match of
                      the clause does not go beyond a line, so that its literals stand in the same one. first is the
                      only key, or where several stand in numbers */
} BpLiteralRecord; /* sorted by bucket of their gram */

/* A clause is one alternative of a matcher: a text may match it where a literal of every set was found. Those of one
 * set, the rarest, lead to the clause. In numbers it is the matcher, counted from the domain's first, bp_clause_head(),
 * and for each of the other sets the number of its literals and themselves, counted from the domain's first. */

/* How many other sets a clause has, in its low bits, and above them how many bytes behind a match's beginning a literal
 * that leads to it begins, at least and at most. Where it may begin before the match, least is more than most. */
#define BP_BEHIND_BITS 12
#define BP_BEHIND_MOST ((1u << BP_BEHIND_BITS) - 1) /* stands for no limit */

static inline guint32 bp_clause_head(guint32 sets, guint32 least, guint32 most) {
  return sets | MIN(least, BP_BEHIND_MOST) << 8 | MIN(most, BP_BEHIND_MOST) << (8 + BP_BEHIND_BITS);
}

static inline guint32 bp_clause_sets(guint32 head) {
  return head & 0xff;
}

static inline guint32 bp_clause_least(guint32 head) {
  return head >> 8 & BP_BEHIND_MOST;
}

static inline guint32 bp_clause_most(guint32 head) {
  return head >> (8 + BP_BEHIND_BITS);
}

/* A pattern that was found to be right: a set laid over this one takes over what was found. */
typedef struct {
  guint32 hash[2]; /* of its domain and its text */
  guint32 min_length;
  BpRange alternatives; /* in numbers: the matchers that it was split into */
} BpKnownRecord;        /* sorted by hash */

#define BP_TEXT_FILTER_BITS 16

/* One domain: its matchers stand together, in order of precedence. */
typedef struct {
  BpRange matchers;
  BpRange literals;
  guint32 keys;        /* of all literals */
  guint32 bits;        /* there are 1 << bits buckets of literals */
  BpRange buckets;     /* in numbers: where each begins, and the end, relative to literals.first; n is 0 where there are
                          none */
  guint32 filter_bits; /* the filter has 1 << filter_bits bits */
  BpRange filter;      /* in numbers: a bit is set where a gram with such a hash is one of a literal */
  BpRange of_text;     /* of domains of text: the same, with BP_TEXT_FILTER_BITS, of all of them together */
  BpRange always;      /* in numbers: matchers without a literal */
} BpDomainRecord;

/* Every table: name and record. The order is that of the fields of BpTables. */
#define BP_TABLES(X)                                                                                                   \
  X(langs, BpString)                                                                                                   \
  X(texts, BpString)                                                                                                   \
  X(steps, BpStepRecord)                                                                                               \
  X(causes, BpCauseRecord)                                                                                             \
  X(codes, BpCodeRecord)                                                                                               \
  X(vendors, BpVendorRecord)                                                                                           \
  X(hosts, BpHostRecord)                                                                                               \
  X(blocklists, BpBlocklistRecord)                                                                                     \
  X(rules, BpRuleRecord)                                                                                               \
  X(conditions, BpCondition)                                                                                           \
  X(matchers, BpMatcherRecord)                                                                                         \
  X(groups, BpGroupRecord)                                                                                             \
  X(entries, BpEntryRecord)                                                                                            \
  X(literals, BpLiteralRecord)                                                                                         \
  X(programs, guint32) /* see program.h; the first word is of none */                                                  \
  X(needs, guint32)    /* see needs.h; likewise */                                                                     \
  X(known, BpKnownRecord)                                                                                              \
  X(word_causes, guint32)  /* columns of weights: causes, or BP_ANY */                                                 \
  X(word_ids, guint32)     /* features in ascending order, see words.h */                                              \
  X(word_buckets, guint32) /* where those of each bucket begin, and the end */                                         \
  X(word_weights, guint32) /* a row for each feature */                                                                \
  X(domains, BpDomainRecord)                                                                                           \
  X(numbers, guint32)

typedef struct {
  const char *text;
#define X(name, type)                                                                                                  \
  const type *name;                                                                                                    \
  guint32 n_##name;
  BP_TABLES(X)
#undef X
} BpTables;

/* The three folded bytes at p, behind which another one can be read. */
static inline guint32 bp_gram(const char *p) {
  guint32 four;
  memcpy(&four, p, sizeof four);
  return GUINT32_FROM_LE(four) & 0xffffff;
}

/* The first bytes of a text of length bytes, eight at most; eight can be read. */
static inline guint64 bp_head(const char *text, gsize length) {
  guint64 eight;
  memcpy(&eight, text, sizeof eight);
  eight = GUINT64_FROM_LE(eight);
  return length < sizeof eight ? eight & ((G_GUINT64_CONSTANT(1) << 8 * length) - 1) : eight;
}

/* What a gram is filed by: its first bits number buckets and the bits of filters. */
static inline guint32 bp_gram_hash(guint32 gram) {
  return gram * 2654435761u;
}

/* The shipped set, written by the build. */
extern const BpTables bp_shipped_tables;

/* The shipped pattern files themselves, for checks and for sets with layers: pairs of path and text. */
typedef struct {
  const char *path; /* "replies/gmail.conf" */
  const char *text;
  gsize length;
} BpShippedFile;
extern const BpShippedFile bp_shipped_files[];
extern const guint bp_n_shipped_files;
