/* worker.c - bounceparse worker: takes mails from a queue, has them analysed, and gives the answers to a store and to
 * others
 *
 * A mail is acknowledged once all that came of it is safe: its record committed, its result confirmed by the broker,
 * or itself among the dead letters. Where anything fails before, the broker hands it out again; the store knows it by
 * its digest. */
#include "base/uri.h"
#include "cli/command.h"
#include "cli/error.h"
#include "cli/metrics.h"
#include "cli/notify.h"
#include "cli/queue.h"
#include "cli/setup.h"
#include "cli/store.h"
#include "cli/workers.h"
#include "worker/pool.h"

#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>

#define PREFETCH 256
#define MOST_PREFETCH G_MAXUINT16          /* AMQP 0-9-1, basic.qos */
#define BATCH 500                          /* messages that are made safe at once, at most */
#define BATCH_BYTES (4 * 1024 * 1024)      /* of answers, likewise */
#define BATCH_TIME G_USEC_PER_SEC          /* an answer is made safe after this time, or soon after */
#define HAND_BYTES (256 * 1024 * 1024)     /* of mails in hand, or no more are received */
#define GLANCE 200                         /* milliseconds after which other things are looked at */
#define GRACE (10 * G_USEC_PER_SEC)        /* for what is in hand when it is to end */
#define FIRST_DELAY (G_USEC_PER_SEC / 10)  /* before a lost connection is made again … */
#define LONGEST_DELAY (5 * G_USEC_PER_SEC) /* … and once that has been of no use often */

static const char help[] =
    N_("Usage: bounceparse worker --queue URI [--db FILE] [--publish EXCHANGE] [OPTION]...\n"
       "Takes mails from a queue of an AMQP broker (RabbitMQ), where bounceparse enqueue puts them,\n"
       "analyses them, and acknowledges each once its result is safe. Runs until SIGTERM or Ctrl-C,\n"
       "which end it with status 0 once what is in hand is done.\n"
       "\n"
       "Queue\n"
       "  --queue URI            amqp://USER@HOST/VHOST, or amqps:// for TLS\n"
       "  --name NAME            of the queue (bounceparse); that of dead letters is NAME.dead\n"
       "  --classic              where queues have to be made: classic ones, not quorum queues\n"
       "  --password-file FILE   its first line is the password, which is otherwise that in the\n"
       "                         environment as BOUNCEPARSE_AMQP_PASSWORD\n"
       "  --prefetch N           mails that are received and not acknowledged, at most (256)\n"
       "\n"
       "Results\n"
       "  --db FILE              keeps every result in the SQLite database FILE, or on the server of\n"
       "                         postgresql://HOST/NAME; a message counts once\n"
       "  --publish EXCHANGE     publishes each result as JSON, with the routing key KIND.CAUSE\n"
       "  --brief                JSON without meanings, reasons and steps\n"
       "  --lang LANG            language of the texts, such as en or de\n"
       "  --metrics FILE         keeps counters for Prometheus in FILE\n"
       "\n"
       "Analysis\n"
       "  --jobs N               processes that read messages (as many as there are processors)\n"
       "  --header NAME          show this header of the original (may be repeated)\n"
       "  --verp PATTERN         a VERP shape, with groups local and domain (may be repeated)\n"
       "  --patterns DIR         pattern files laid over the shipped ones (may be repeated)\n"
       "  --limit-message SIZE   bytes read of a message (64M)\n"
       "  --limit NAME=VALUE     another limit: see bounceparse(1)\n"
       "  --no-sandbox           do not restrict the processes that read mail\n"
       "\n"
       "  --help, --version\n");

/* A mail that the workers have. */
typedef struct {
  guint64 tag;
  gsize length;
  gint64 since; /* when it was received */
} InHand;

/* What came of a mail, and is not safe yet: a record and its result, or a dead letter. */
typedef struct {
  GBytes *bytes; /* those of the record; or of the mail */
  BpRecord record;
  char *key, *id, *json; /* of the result, where it is published */
  const char *reason;    /* why the mail is a dead letter; a static text for gettext */
  gboolean no_mail;      /* and that it is none is why */
} Done;

typedef struct {
  const CliOptions *options;
  const BpQueueOptions *where;
  CliTask task;
  guint n_workers, prefetch;
  BpStore *store; /* or NULL */
  BpQueue *queue; /* NULL: there is no connection */
  CliWorkers *workers;
  GQueue in_hand;   /* of InHand, in order */
  gsize bytes;      /* of them */
  GPtrArray *done;  /* of Done, in order */
  guint64 done_tag; /* of the last */
  gsize done_bytes;
  gint64 done_since;
  gboolean answered;  /* the broker has said something */
  gint64 stopped;     /* when stop was seen to be set; 0: not yet */
  gint64 lost, delay; /* when the connection was lost, and how long after that it is made again */
  CliMetrics metrics;
  int status; /* not 0: it cannot go on */
} Service;

static volatile sig_atomic_t stop;

/* ---- the connection ----------------------------------------------------------------------------------------- */

static void done_free(gpointer data) {
  Done *done = data;
  bp_record_clear(&done->record);
  g_bytes_unref(done->bytes);
  g_free(done->key);
  g_free(done->id);
  g_free(done->json);
  g_free(done);
}

static gboolean connect_queue(Service *s, GError **error) {
  s->queue = bp_queue_open(s->where, error);
  s->answered |= s->queue != NULL;
  if (!s->queue || !bp_queue_consume(s->queue, s->options->publish, s->prefetch, error)) {
    g_clear_pointer(&s->queue, bp_queue_close);
    return FALSE;
  }
  s->workers = cli_workers_new(s->n_workers, &s->task, BP_SANDBOX_CHILD, NULL);
  s->metrics.connected = TRUE;
  cli_notify("READY=1");
  return TRUE;
}

/* What is in hand is the broker's again: it comes once more. */
static void disconnect_queue(Service *s) {
  g_clear_pointer(&s->queue, bp_queue_close);
  g_clear_pointer(&s->workers, cli_workers_free);
  g_queue_clear_full(&s->in_hand, g_free);
  g_ptr_array_set_size(s->done, 0);
  s->bytes = s->done_bytes = 0;
  s->metrics.connected = FALSE;
}

/* FALSE. */
static gboolean lose_queue(Service *s, const GError *error) {
  cli_complain_queue(s->options, error);
  disconnect_queue(s);
  s->lost = g_get_monotonic_time();
  return FALSE;
}

/* A broker that was there comes again, however long that takes, and whatever it says meanwhile. */
static void reconnect(Service *s) {
  gint64 left = s->lost + s->delay - g_get_monotonic_time();
  if (left > 0) {
    poll(NULL, 0, (int)MIN(left / 1000 + 1, GLANCE)); /* a signal ends it */
    return;
  }
  s->delay = MIN(2 * s->delay, LONGEST_DELAY);
  if (connect_queue(s, NULL)) {
    g_autofree char *name = bp_uri_name(s->where->uri);
    s->metrics.reconnects++;
    cli_complain(name, _("connected again"));
  }
  s->lost = g_get_monotonic_time();
}

/* ---- mails in ----------------------------------------------------------------------------------------------- */

static void hand_over(Service *s, const BpDelivery *delivery) {
  InHand *one = g_new0(InHand, 1);
  BpInput input = {.source = s->where->name,
                   .index = -1,
                   .offset = -1,
                   .bytes = delivery->bytes,
                   .length = delivery->length,
                   .modified = BOUNCEPARSE_NO_TIME};
  *one = (InHand){delivery->tag, delivery->length, g_get_monotonic_time()};
  g_queue_push_tail(&s->in_hand, one);
  s->bytes += delivery->length;
  s->metrics.bytes += delivery->length;
  s->metrics.again += delivery->again;
  cli_workers_put(s->workers, &input);
}

static gboolean receive(Service *s) {
  g_autoptr(GError) error = NULL;
  BpDelivery delivery = {0};
  do {
    if (!bp_queue_receive(s->queue, &delivery, &error))
      return lose_queue(s, error);
    if (delivery.bytes)
      hand_over(s, &delivery);
  } while (delivery.bytes && s->bytes < HAND_BYTES);
  return TRUE;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

/* "failure.user-unknown": the kind, and the cause of the first recipient where there is one. */
static char *routing_key(const BpRecord *record) {
  const char *kind = record->texts[BP_M_KIND];
  const char *cause = record->n_recipients > 0 ? record->recipients[0].texts[BP_R_CAUSE] : NULL;
  return cause ? g_strdup_printf("%.100s.%.100s", kind, cause) : g_strndup(kind, 100);
}

static char *to_hex(const guint8 *digest) {
  GString *hex = g_string_new(NULL);
  for (guint i = 0; i < BP_DIGEST_SIZE; i++)
    g_string_append_printf(hex, "%02x", digest[i]);
  return g_string_free(hex, FALSE);
}

/* FALSE where what the worker said is none: it may have been taken over by the mail. */
static gboolean read_result(const Service *s, const CliResult *result, Done *done) {
  gsize length;
  done->bytes = g_bytes_new(result->record, result->record_length);
  const char *bytes = g_bytes_get_data(done->bytes, &length);
  if (!bp_record_read(&done->record, bytes ? bytes : "", length) || !done->record.texts[BP_M_KIND]) {
    bp_record_clear(&done->record);
    g_bytes_unref(done->bytes);
    return FALSE;
  }
  if (!s->options->publish)
    return TRUE;
  done->key = routing_key(&done->record);
  done->id = to_hex(done->record.digest);
  done->json = g_strndup(result->text, result->text_length - MIN(result->text_length, 1)); /* no line end */
  return TRUE;
}

/* What a mail without an answer is sent away with. */
static const char *reason_of(const CliResult *result) {
  if (result->outcome == CLI_NO_MAIL)
    return cli_no_mail_reason(result);
  return result->why ? result->why : N_("the analysis broke off");
}

static void settle(Service *s, const BpInput *input, const CliResult *result) {
  g_autofree InHand *one = g_queue_pop_head(&s->in_hand);
  gint64 now = g_get_monotonic_time();
  Done *done = g_new0(Done, 1);
  s->bytes -= one->length;
  s->metrics.n_analysed++;
  s->metrics.analysis_time += now - one->since;
  if (result->outcome != CLI_ANSWERED || !read_result(s, result, done)) {
    done->bytes = g_bytes_new(input->bytes, input->length);
    done->reason = reason_of(result);
    done->no_mail = result->outcome == CLI_NO_MAIL;
    cli_complain(s->where->name, _(done->reason));
  }
  if (s->done->len == 0)
    s->done_since = now;
  s->done_tag = one->tag;
  s->done_bytes += g_bytes_get_size(done->bytes) + (done->json ? result->text_length : 0);
  g_ptr_array_add(s->done, done);
}

/* Takes the answers that are there, and waits a little for one. */
static gboolean take(Service *s) {
  BpInput input;
  CliResult result;
  int fd = s->bytes < HAND_BYTES ? bp_queue_fd(s->queue) : -1;
  for (int wait = GLANCE; cli_workers_poll(s->workers, fd, wait, &input, &result); wait = 0) {
    if (result.outcome == CLI_FAILED && g_strcmp0(result.why, BP_POOL_NOT_STARTED) == 0) {
      cli_complain(s->where->name, _(result.why)); /* which is not the mail's fault */
      s->status = EX_TEMPFAIL;
      return FALSE;
    }
    settle(s, &input, &result);
  }
  return TRUE;
}

/* ---- answers made safe -------------------------------------------------------------------------------------- */

static gboolean record_all(Service *s) {
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(BpRecord));
  gint64 before = g_get_monotonic_time();
  for (guint i = 0; i < s->done->len; i++) {
    const Done *done = g_ptr_array_index(s->done, i);
    if (!done->reason)
      g_array_append_val(records, done->record);
  }
  BpBatch batch = {
      .records = (const BpRecord *)(gconstpointer)records->data, .n_records = records->len, .endless = TRUE};
  if (records->len > 0 && !bp_store_add_batch(s->store, &batch, &error)) {
    s->status = cli_complain_store(s->options, error);
    return FALSE;
  }
  s->metrics.n_stored++;
  s->metrics.store_time += g_get_monotonic_time() - before;
  return TRUE;
}

static gboolean publish_all(Service *s, GError **error) {
  g_autoptr(GArray) publications = g_array_new(FALSE, FALSE, sizeof(BpPublication));
  for (guint i = 0; i < s->done->len; i++) {
    const Done *done = g_ptr_array_index(s->done, i);
    gsize length;
    const char *bytes = g_bytes_get_data(done->bytes, &length);
    BpPublication dead = {
        .key = s->where->name, .type = "message/rfc822", .reason = done->reason, .bytes = bytes, .length = length};
    BpPublication json = {
        .exchange = s->options->publish, .key = done->key, .type = "application/json", .id = done->id};
    if (done->reason) {
      g_array_append_val(publications, dead);
    } else if (done->json) {
      json.bytes = done->json;
      json.length = strlen(done->json);
      g_array_append_val(publications, json);
    }
  }
  return publications->len == 0 ||
         bp_queue_publish(s->queue, (const BpPublication *)(gconstpointer)publications->data, publications->len, error);
}

static void count_done(Service *s) {
  for (guint i = 0; i < s->done->len; i++) {
    const Done *done = g_ptr_array_index(s->done, i);
    if (!done->reason)
      cli_metrics_count(&s->metrics, done->record.texts[BP_M_KIND]);
    else if (done->no_mail)
      s->metrics.no_mail++;
    else
      s->metrics.lost++;
    s->metrics.published += done->json != NULL;
  }
}

static gboolean make_safe(Service *s) {
  g_autoptr(GError) error = NULL;
  if (s->done->len == 0)
    return TRUE;
  if (s->store && !record_all(s))
    return FALSE;
  if (!publish_all(s, &error) || !bp_queue_acknowledge(s->queue, s->done_tag, &error))
    return lose_queue(s, error);
  s->delay = FIRST_DELAY;
  count_done(s);
  g_ptr_array_set_size(s->done, 0);
  s->done_bytes = 0;
  return TRUE;
}

/* Half of what the broker hands out at most is made safe at once, so that the workers have something to do meanwhile.
 */
static gboolean is_due(const Service *s) {
  return s->in_hand.length == 0 || s->done->len >= MIN(BATCH, (s->prefetch + 1) / 2) || s->done_bytes >= BATCH_BYTES ||
         g_get_monotonic_time() - s->done_since >= BATCH_TIME;
}

/* ---- the service -------------------------------------------------------------------------------------------- */

static void on_signal(int number) {
  stop = number;
}

/* The first one ends the service in order, the second one at once. */
static void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* What is in hand is finished, as long as that does not take long; nothing more is asked for. */
static void begin_to_end(Service *s) {
  g_autoptr(GError) error = NULL;
  s->stopped = g_get_monotonic_time();
  cli_notify("STOPPING=1");
  if (s->queue && !bp_queue_cancel(s->queue, &error))
    lose_queue(s, error);
}

static gboolean is_over(Service *s) {
  if (s->status)
    return TRUE;
  if (!stop)
    return FALSE;
  if (!s->stopped)
    begin_to_end(s);
  return !s->queue || s->in_hand.length == 0 || g_get_monotonic_time() - s->stopped > GRACE;
}

static void serve(Service *s) {
  while (!is_over(s)) {
    s->metrics.in_hand = s->in_hand.length + s->done->len;
    cli_metrics_tick(&s->metrics);
    cli_notify_watchdog();
    if (!s->queue)
      reconnect(s);
    else if ((stop || receive(s)) && take(s) && is_due(s))
      make_safe(s);
  }
  if (s->queue && !s->status)
    make_safe(s);
}

static void fill_service(Service *s, BounceparseReader *reader) {
  const CliOptions *o = s->options;
  s->task = (CliTask){.options = o,
                      .reader = reader,
                      .format = o->publish ? CLI_FORMAT_JSON : CLI_FORMAT_NONE,
                      .record = TRUE,
                      .digest = TRUE,
                      .max_message = cli_message_limit(o)};
  s->n_workers = (guint)CLAMP(o->jobs > 0 ? o->jobs : g_get_num_processors(), 1, CLI_MOST_JOBS);
  s->prefetch = (guint)CLAMP(o->prefetch > 0 ? o->prefetch : PREFETCH, 1, MOST_PREFETCH);
  s->done = g_ptr_array_new_with_free_func(done_free);
  s->metrics.path = o->metrics;
  s->delay = FIRST_DELAY;
}

/* A broker that is not there at the start is more likely not the one that is meant. One that is may need another
 * attempt: RabbitMQ 3.10 has an internal error where several make one quorum queue at once. */
static int run(Service *s) {
  g_autoptr(GError) error = NULL;
  if (!cli_metrics_write(&s->metrics))
    return EX_CANTCREAT;
  catch_signals();
  if (!connect_queue(s, &error) && !(s->answered && g_error_matches(error, BP_QUEUE_ERROR, BP_QUEUE_ERROR_RETRY)))
    return cli_complain_queue(s->options, error);
  if (error)
    lose_queue(s, error);
  serve(s);
  disconnect_queue(s);
  s->metrics.in_hand = 0;
  cli_metrics_write(&s->metrics);
  return s->status;
}

int cli_worker(int argc, char **argv) {
  g_auto(CliOptions) options = {0};
  g_auto(CliQueue) queue = {0};
  int status;
  if (!cli_begin(&options, CLI_WORKER, help, argc, argv, &status) || !cli_queue_begin(&queue, &options, &status))
    return status;
  if (!options.db && !options.publish) {
    cli_complain_usage("worker", _("needs --db or --publish, or both"));
    return EX_USAGE;
  }
  g_autoptr(BounceparseReader) reader = cli_reader_new(&options, options.language, &status);
  if (!reader)
    return status;
  Service service = {.options = &options, .where = &queue.options};
  if (options.db && !(service.store = cli_open_store(&options, TRUE, &status)))
    return status;
  fill_service(&service, reader);
  status = run(&service);
  g_ptr_array_unref(service.done);
  g_clear_pointer(&service.store, bp_store_close);
  return status;
}
