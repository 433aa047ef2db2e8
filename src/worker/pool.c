/* pool.c - hands items to worker processes and gives their answers back in the order of the items
 *
 * Items go out in batches, so that a worker and its parent seldom wait for each other. A worker writes its answers when
 * there are many, or some time has passed. Where it dies, nobody knows which of the unanswered items it was at: the
 * rest of the batch goes to another worker that writes each answer at once, and if that dies too, the first unanswered
 * item is the one. */
#include "worker/pool.h"

#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH 32                /* items at most */
#define BATCH_BYTES (64 * 1024) /* of items, or it is full */
#define QUEUE 2                 /* batches that a worker has: the one it is at, and one more */
#define WINDOW 4                /* batches under way for each worker */
#define ENOUGH (256 * 1024) /* bytes of answers that a worker writes at once */
#define SOON (50 * 1000)        /* microseconds after which it writes what it has */
#define GLANCE 200              /* milliseconds after which the parent looks at stop again */
#define GRACE G_USEC_PER_SEC    /* microseconds for what is under way when stop is set */
#define TRIES 50                /* to start a worker */
#define LOST G_MAXUINT32        /* the length of an answer that is none */

/* ---- batches ------------------------------------------------------------------------------------------------ */

/* Frames: a length (guint32), then so many bytes. */
typedef struct {
  GString *bytes;
  gsize at; /* of the frame that is next to be taken */
  guint n;
} Frames;

typedef struct {
  Frames items, answers; /* items.at: of the first that is not answered */
  gsize taken;           /* where in the items the one is whose answer is next to be given */
  gboolean careful;      /* each answer is written at once */
  GPtrArray *whys;       /* of static texts: why answers were lost, in order */
} Batch;

static Frames frames_new(void) {
  return (Frames){.bytes = g_string_new(NULL)};
}

static void frames_add(Frames *frames, const char *bytes, gsize length) {
  guint32 n = (guint32)length;
  g_string_append_len(frames->bytes, (const char *)&n, sizeof n);
  g_string_append_len(frames->bytes, bytes, (gssize)length);
  frames->n++;
}

static guint32 frame_length(const char *frame) {
  guint32 n;
  memcpy(&n, frame, sizeof n);
  return n;
}

static gsize frame_size(const char *frame) {
  guint32 n = frame_length(frame);
  return sizeof n + (n == LOST ? 0 : n);
}

static Batch *batch_new(void) {
  Batch *batch = g_new0(Batch, 1);
  batch->items = frames_new();
  batch->answers = frames_new();
  return batch;
}

/* Makes it as good as new; what its strings have grown to stays. */
static void batch_reset(Batch *batch) {
  Frames items = batch->items, answers = batch->answers;
  g_string_truncate(items.bytes, 0);
  g_string_truncate(answers.bytes, 0);
  g_clear_pointer(&batch->whys, g_ptr_array_unref);
  *batch = (Batch){.items = {.bytes = items.bytes}, .answers = {.bytes = answers.bytes}};
}

static void batch_free(Batch *batch) {
  g_string_free(batch->items.bytes, TRUE);
  g_string_free(batch->answers.bytes, TRUE);
  g_clear_pointer(&batch->whys, g_ptr_array_unref);
  g_free(batch);
}

static gboolean batch_is_answered(const Batch *batch) {
  return batch->answers.n == batch->items.n;
}

/* The answer to the first item without one. */
static void batch_answer(Batch *batch, const char *frame, gsize size) {
  g_string_append_len(batch->answers.bytes, frame, (gssize)size);
  batch->answers.n++;
  batch->items.at += frame_size(batch->items.bytes->str + batch->items.at);
}

static void batch_lose(Batch *batch, const char *why) {
  const guint32 lost = LOST;
  if (!batch->whys)
    batch->whys = g_ptr_array_new();
  g_ptr_array_add(batch->whys, (gpointer)why);
  batch_answer(batch, (const char *)&lost, sizeof lost);
}

/* ---- the worker --------------------------------------------------------------------------------------------- */

/* What came from the parent. */
typedef struct {
  int fd;
  gsize at, end; /* of buffer: what is not taken yet */
  char buffer[BATCH_BYTES];
} Inlet;

static gboolean fill(Inlet *in) {
  ssize_t n;
  do
    n = read(in->fd, in->buffer, sizeof in->buffer);
  while (n < 0 && errno == EINTR);
  in->at = 0;
  in->end = n > 0 ? (gsize)n : 0;
  return n > 0;
}

static gboolean read_all(Inlet *in, char *to, gsize length) {
  while (length > 0) {
    if (in->at == in->end && !fill(in))
      return FALSE;
    gsize n = MIN(length, in->end - in->at);
    memcpy(to, in->buffer + in->at, n);
    in->at += n;
    to += n;
    length -= n;
  }
  return TRUE;
}

/* What goes before the items of a batch. */
typedef struct {
  guint32 n_items, careful;
} BatchHead;

static void send_answers(int fd, GString *out) {
  if (!bp_write_all(fd, out->str, out->len))
    _exit(1);
  g_string_truncate(out, 0);
}

/* Appends the answer to an item as a frame. */
static void answer(const BpPoolTask *task, const GString *item, GString *out) {
  gsize start = out->len;
  guint32 length = 0;
  g_string_append_len(out, (const char *)&length, sizeof length);
  task->work(item->str, item->len, out, task->data);
  length = (guint32)(out->len - start - sizeof length);
  memcpy(out->str + start, &length, sizeof length);
}

static void work_on_batch(Inlet *in, const BpPoolTask *task, const BatchHead *head, GString *item, GString *out) {
  gint64 written = g_get_monotonic_time();
  for (guint32 i = 0; i < head->n_items; i++) {
    guint32 length;
    if (!read_all(in, (char *)&length, sizeof length))
      _exit(0);
    g_string_set_size(item, length);
    if (!read_all(in, item->str, length))
      _exit(0);
    answer(task, item, out);
    gint64 now = g_get_monotonic_time();
    if (head->careful || out->len >= ENOUGH || now - written >= SOON || i + 1 == head->n_items) {
      send_answers(in->fd, out);
      written = now;
    }
  }
}

static void keep_only(int fd) {
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO + 1);
  closefrom(STDERR_FILENO + 2);
}

/* What GLib says when there is no memory left is for the parent to say. */
static void say_nothing(const char *domain, GLogLevelFlags level, const char *message, gpointer data) {
}

static void be_worker(int fd, const BpPoolTask *task, pid_t parent) {
  BatchHead head;
  signal(SIGINT, SIG_IGN); /* the parent decides */
  signal(SIGTERM, SIG_DFL);
  bp_child_begin(parent);
  g_log_set_default_handler(say_nothing, NULL);
  keep_only(fd);
  Inlet in = {.fd = STDERR_FILENO + 1};
  if (task->enter)
    task->enter(task->data);
  GString *item = g_string_new(NULL), *out = g_string_new(NULL);
  while (read_all(&in, (char *)&head, sizeof head))
    work_on_batch(&in, task, &head, item, out);
  _exit(0);
}

/* ---- the parent's side of a worker -------------------------------------------------------------------------- */

typedef struct {
  pid_t pid; /* 0: none runs */
  int fd;
  Batch *queue[QUEUE];
  guint n;      /* batches in the queue; it is at the first */
  GString *out; /* to be sent */
  gsize sent;   /* of it */
  GString *in;  /* received, no whole frame yet */
  gint64 heard; /* when it last answered, or had nothing to do; microseconds */
} Worker;

struct BpPool {
  BpPoolTask task;
  Worker *workers;
  guint n_workers;
  GQueue batches; /* all under way, in order; the last may be open */
  GQueue ready;   /* those that no worker has yet, in order */
  GQueue spare;   /* done with, for use again */
  Batch *open;    /* being filled, or NULL */
  guint n_sealed; /* so far, for the size of the first ones */
  gint64 stopped; /* when stop was seen to be set; 0: not yet */
};

static gboolean start(BpPool *pool, Worker *worker) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    return FALSE;
  signal(SIGCHLD, SIG_DFL);
  pid_t parent = getpid(), pid = fork();
  if (pid == 0)
    be_worker(ends[1], &pool->task, parent);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return FALSE;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  worker->pid = pid;
  worker->fd = ends[0];
  worker->heard = g_get_monotonic_time();
  return TRUE;
}

static void bury(Worker *worker) {
  kill(worker->pid, SIGKILL);
  while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
    ;
  close(worker->fd);
  worker->pid = 0;
  g_string_truncate(worker->out, 0);
  g_string_truncate(worker->in, 0);
  worker->sent = 0;
}

/* Sends what of a batch is not answered. */
static void send_batch(Worker *worker, const Batch *batch) {
  BatchHead head = {batch->items.n - batch->answers.n, batch->careful};
  g_string_append_len(worker->out, (const char *)&head, sizeof head);
  g_string_append_len(worker->out, batch->items.bytes->str + batch->items.at,
                      (gssize)(batch->items.bytes->len - batch->items.at));
}

static void drop_answered(Worker *worker) {
  while (worker->n > 0 && batch_is_answered(worker->queue[0])) {
    worker->n--;
    memmove(worker->queue, worker->queue + 1, worker->n * sizeof *worker->queue);
  }
}

/* All that the worker was to do is lost. */
static void give_up(Worker *worker, const char *why) {
  for (guint i = 0; i < worker->n; i++)
    while (!batch_is_answered(worker->queue[i]))
      batch_lose(worker->queue[i], why);
  worker->n = 0;
}

/* Starts a worker that takes over what another left; none where that is nothing. */
static void restart(BpPool *pool, Worker *worker) {
  if (worker->n == 0)
    return;
  for (guint i = 0; i < TRIES && !worker->pid; i++)
    if (!start(pool, worker))
      g_usleep(100 * 1000);
  if (!worker->pid) {
    give_up(worker, BP_POOL_NOT_STARTED);
    return;
  }
  for (guint i = 0; i < worker->n; i++)
    send_batch(worker, worker->queue[i]);
}

/* The worker has died, or is too slow. */
static void replace(BpPool *pool, Worker *worker, const char *why) {
  bury(worker);
  if (worker->n > 0 && worker->queue[0]->careful)
    batch_lose(worker->queue[0], why);
  else if (worker->n > 0)
    worker->queue[0]->careful = TRUE;
  drop_answered(worker);
  restart(pool, worker);
}

static void assign(BpPool *pool) {
  for (guint depth = 0; depth < QUEUE; depth++)
    for (guint i = 0; i < pool->n_workers && !g_queue_is_empty(&pool->ready); i++) {
      Worker *worker = &pool->workers[i];
      if (worker->n > depth)
        continue;
      if (worker->n == 0)
        worker->heard = g_get_monotonic_time();
      Batch *batch = g_queue_pop_head(&pool->ready);
      worker->queue[worker->n++] = batch;
      if (worker->pid)
        send_batch(worker, batch);
      else
        restart(pool, worker);
    }
}

/* ---- talking ------------------------------------------------------------------------------------------------ */

/* Takes the whole frames out of what was received; FALSE where there are more than were asked for. */
static gboolean take_frames(Worker *worker) {
  gsize at = 0, left;
  while ((left = worker->in->len - at) >= sizeof(guint32)) {
    const char *frame = worker->in->str + at;
    if (frame_length(frame) == LOST || worker->n == 0)
      return FALSE;
    if (left < frame_size(frame))
      break;
    batch_answer(worker->queue[0], frame, frame_size(frame));
    at += frame_size(frame);
    drop_answered(worker);
  }
  g_string_erase(worker->in, 0, (gssize)at);
  return TRUE;
}

/* Reads what is there; 0 behind the last, and where nonsense was said; -1 where there is nothing yet. */
static ssize_t receive(Worker *worker) {
  gsize had = worker->in->len;
  g_string_set_size(worker->in, had + ENOUGH);
  ssize_t n = read(worker->fd, worker->in->str + had, ENOUGH);
  g_string_truncate(worker->in, had + (gsize)MAX(n, 0));
  if (n < 0)
    return errno == EINTR || errno == EAGAIN ? -1 : 0;
  if (n == 0)
    return 0;
  worker->heard = g_get_monotonic_time();
  return take_frames(worker) ? n : 0;
}

static gboolean send_some(Worker *worker) {
  ssize_t n = send(worker->fd, worker->out->str + worker->sent, worker->out->len - worker->sent, MSG_NOSIGNAL);
  if (n < 0)
    return errno == EINTR || errno == EAGAIN;
  worker->sent += (gsize)n;
  if (worker->sent == worker->out->len) {
    g_string_truncate(worker->out, 0);
    worker->sent = 0;
  }
  return TRUE;
}

static void listen_to(BpPool *pool, Worker *worker, short events) {
  gboolean alive = !(events & POLLOUT) || send_some(worker);
  if (events & (POLLIN | POLLHUP | POLLERR))
    alive = receive(worker) != 0 && alive;
  if (!alive) {
    while (receive(worker) > 0)
      ; /* what it answered before */
    replace(pool, worker, N_("the analysis broke off"));
  } else if (worker->n > 0 && g_get_monotonic_time() - worker->heard > pool->task.patience * 1000) {
    replace(pool, worker, N_("the analysis took too long"));
  }
}

/* Waits for something to happen, with the workers or to be read from fd, which may be -1. */
static void talk(BpPool *pool, int fd, int milliseconds) {
  g_autofree struct pollfd *fds = g_new0(struct pollfd, pool->n_workers + 1);
  assign(pool);
  fds[pool->n_workers] = (struct pollfd){.fd = fd, .events = POLLIN};
  for (guint i = 0; i < pool->n_workers; i++) {
    const Worker *worker = &pool->workers[i];
    fds[i].fd = worker->pid ? worker->fd : -1;
    fds[i].events = (short)(POLLIN | (worker->out->len > worker->sent ? POLLOUT : 0));
  }
  if (poll(fds, pool->n_workers + 1, milliseconds) < 0)
    return;
  for (guint i = 0; i < pool->n_workers; i++)
    if (pool->workers[i].pid)
      listen_to(pool, &pool->workers[i], fds[i].revents);
}

/* ---- the pool ----------------------------------------------------------------------------------------------- */

BpPool *bp_pool_new(guint n_workers, const BpPoolTask *task) {
  BpPool *pool = g_new0(BpPool, 1);
  pool->task = *task;
  if (pool->task.patience == 0)
    pool->task.patience = BP_CHILD_TIME;
  pool->n_workers = MAX(n_workers, 1);
  pool->workers = g_new0(Worker, pool->n_workers);
  g_queue_init(&pool->batches);
  g_queue_init(&pool->ready);
  g_queue_init(&pool->spare);
  for (guint i = 0; i < pool->n_workers; i++) {
    pool->workers[i].out = g_string_new(NULL);
    pool->workers[i].in = g_string_new(NULL);
  }
  return pool;
}

void bp_pool_free(BpPool *pool) {
  for (guint i = 0; i < pool->n_workers; i++) {
    if (pool->workers[i].pid)
      bury(&pool->workers[i]);
    g_string_free(pool->workers[i].out, TRUE);
    g_string_free(pool->workers[i].in, TRUE);
  }
  g_queue_clear_full(&pool->batches, (GDestroyNotify)batch_free);
  g_queue_clear(&pool->ready);
  g_queue_clear_full(&pool->spare, (GDestroyNotify)batch_free);
  g_free(pool->workers);
  g_free(pool);
}

/* A batch that is begun is filled. */
gboolean bp_pool_has_room(const BpPool *pool) {
  return pool->open || pool->batches.length < WINDOW * pool->n_workers;
}

static void seal(BpPool *pool) {
  g_queue_push_tail(&pool->ready, g_steal_pointer(&pool->open));
  pool->n_sealed++;
}

/* The first batches are small, so that all workers soon have something to do. */
static gboolean is_full(const BpPool *pool) {
  return pool->open->items.n >= MIN(BATCH, 1 + pool->n_sealed) || pool->open->items.bytes->len >= BATCH_BYTES;
}

void bp_pool_put(BpPool *pool, const char *item, gsize length) {
  if (!pool->open) {
    pool->open = g_queue_is_empty(&pool->spare) ? batch_new() : g_queue_pop_tail(&pool->spare);
    g_queue_push_tail(&pool->batches, pool->open);
  }
  frames_add(&pool->open->items, item, length);
  if (is_full(pool))
    seal(pool);
}

/* The next answer of a batch, if there is one. */
static gboolean give(Batch *batch, BpPoolAnswer *answer_out) {
  if (batch->answers.at == batch->answers.bytes->len)
    return FALSE;
  const char *item = batch->items.bytes->str + batch->taken, *frame = batch->answers.bytes->str + batch->answers.at;
  gboolean lost = frame_length(frame) == LOST;
  *answer_out = (BpPoolAnswer){.item = item + sizeof(guint32),
                               .item_length = frame_length(item),
                               .bytes = lost ? NULL : frame + sizeof(guint32),
                               .length = lost ? 0 : frame_length(frame),
                               .why = lost ? g_ptr_array_steal_index(batch->whys, 0) : NULL};
  batch->answers.at += frame_size(frame);
  batch->taken += frame_size(item);
  return TRUE;
}

/* What is under way when stop is set may be finished, as long as that does not take long. */
static gboolean is_over(BpPool *pool) {
  if (!pool->task.stop || !*pool->task.stop)
    return FALSE;
  gint64 now = g_get_monotonic_time();
  if (!pool->stopped)
    pool->stopped = now;
  return now - pool->stopped > GRACE;
}

static gboolean is_given(const Batch *batch) {
  return batch_is_answered(batch) && batch->answers.at == batch->answers.bytes->len;
}

/* The next answer, if it is there. Batches that are given away go. */
static gboolean give_next(BpPool *pool, BpPoolAnswer *answer_out) {
  Batch *first;
  while ((first = g_queue_peek_head(&pool->batches))) {
    if (give(first, answer_out))
      return TRUE;
    if (first == pool->open || !is_given(first))
      return FALSE;
    batch_reset(first);
    g_queue_push_tail(&pool->spare, g_queue_pop_head(&pool->batches));
  }
  return FALSE;
}

/* Whoever takes has nothing more to put for now. */
static void seal_last(BpPool *pool) {
  if (pool->open && g_queue_is_empty(&pool->ready))
    seal(pool);
}

gboolean bp_pool_take(BpPool *pool, BpPoolAnswer *answer_out) {
  while (!is_over(pool)) {
    if (give_next(pool, answer_out))
      return TRUE;
    if (g_queue_is_empty(&pool->batches))
      return FALSE;
    seal_last(pool);
    talk(pool, -1, GLANCE);
  }
  return FALSE;
}

gboolean bp_pool_poll(BpPool *pool, int fd, int milliseconds, BpPoolAnswer *answer_out) {
  if (give_next(pool, answer_out))
    return TRUE;
  seal_last(pool);
  talk(pool, fd, milliseconds);
  return give_next(pool, answer_out);
}
