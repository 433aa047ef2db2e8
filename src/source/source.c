/* source.c - where messages come from */
#include "source/source.h"

#include "source/folder.h"
#include "source/mbox.h"
#include "source/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#define KEPT_BUFFER (1024 * 1024) /* a larger one is given back after its message */

struct BpInputs {
  BpInputOptions options;
  GQueue paths;   /* of char *: to come */
  GQueue lists;   /* likewise */
  BpStream *list; /* being read, or NULL */
  char *list_path;
  BpFolder *folder; /* being walked, or NULL */
  BpStream *mbox;   /* being read, or NULL */
  gint64 index;     /* of its next message */
  gboolean found;   /* the mbox was, in a folder */
  gboolean lazy_mbox; /* its messages are handed out unread */
  GString *source;  /* of the input handed out last */
  GString *bytes;
};

BpInputs *bp_inputs_new(const BpInputOptions *options) {
  BpInputs *inputs = g_new0(BpInputs, 1);
  inputs->options = *options;
  g_queue_init(&inputs->paths);
  g_queue_init(&inputs->lists);
  inputs->source = g_string_new(NULL);
  inputs->bytes = g_string_new(NULL);
  return inputs;
}

void bp_inputs_free(BpInputs *inputs) {
  g_queue_clear_full(&inputs->paths, g_free);
  g_queue_clear_full(&inputs->lists, g_free);
  g_clear_pointer(&inputs->list, bp_stream_free);
  g_free(inputs->list_path);
  g_clear_pointer(&inputs->folder, bp_folder_free);
  g_clear_pointer(&inputs->mbox, bp_stream_free);
  g_string_free(inputs->source, TRUE);
  g_string_free(inputs->bytes, TRUE);
  g_free(inputs);
}

void bp_inputs_add(BpInputs *inputs, const char *path) {
  g_queue_push_tail(&inputs->paths, g_strdup(path));
}

void bp_inputs_add_list(BpInputs *inputs, const char *path) {
  g_queue_push_tail(&inputs->lists, g_strdup(path));
}

/* ---- what is handed out ------------------------------------------------------------------------------------- */

static void clear_bytes(BpInputs *inputs) {
  if (inputs->bytes->allocated_len > KEPT_BUFFER) {
    g_string_free(inputs->bytes, TRUE);
    inputs->bytes = g_string_new(NULL);
  }
  g_string_truncate(inputs->bytes, 0);
}

static gboolean give(BpInputs *inputs, BpInput *input, gboolean found, gint64 index, gint64 offset) {
  *input = (BpInput){
      .source = inputs->source->str,
      .index = index,
      .offset = offset,
      .found = found,
      .bytes = inputs->bytes->str,
      .length = inputs->bytes->len,
      .modified = G_MININT64,
  };
  return TRUE;
}

/* Hands out a message that stands in a file, read or not. FALSE where it has vanished. */
static gboolean give_in_file(BpInputs *inputs, BpInput *input, gboolean found, gint64 index, gint64 offset) {
  clear_bytes(inputs);
  give(inputs, input, found, index, offset);
  input->pending = TRUE;
  if (!inputs->options.lazy)
    bp_input_read(input, inputs->options.max_message, inputs->bytes);
  return !input->gone;
}

static gboolean give_failure(BpInputs *inputs, BpInput *input, gboolean found, int code, int error) {
  *input = (BpInput){.source = inputs->source->str,
                     .index = -1,
                     .offset = -1,
                     .found = found,
                     .bytes = "",
                     .modified = G_MININT64,
                     .code = code,
                     .error = error};
  return TRUE;
}

static gsize max_bytes(gsize max_message) {
  return max_message < G_MAXSSIZE / 4 ? max_message + 1 : G_MAXSSIZE / 4;
}

/* ---- files -------------------------------------------------------------------------------------------------- */

static gboolean is_stdin(const char *path) {
  return g_str_equal(path, "-");
}

static gboolean is_eml(const char *path) {
  gsize length = strlen(path);
  return length >= 4 && g_ascii_strcasecmp(path + length - 4, ".eml") == 0;
}

static gboolean is_mbox(const BpInputs *inputs, const char *path, gboolean found, BpStream *stream) {
  gsize length;
  if (inputs->options.mbox)
    return TRUE;
  if (found || is_stdin(path) || is_eml(path))
    return FALSE;
  const char *bytes = bp_stream_peek(stream, &length);
  return length >= 5 && memcmp(bytes, "From ", 5) == 0;
}

static gboolean next_of_mbox(BpInputs *inputs, BpInput *input) {
  gint64 offset = 0;
  gboolean lazy = inputs->lazy_mbox;
  clear_bytes(inputs);
  if (bp_mbox_next(inputs->mbox, lazy ? NULL : inputs->bytes, max_bytes(inputs->options.max_message), &offset)) {
    give(inputs, input, inputs->found, inputs->index++, offset);
    input->pending = lazy;
    return TRUE;
  }
  int error = bp_stream_error(inputs->mbox);
  gboolean empty = inputs->index == 0;
  g_clear_pointer(&inputs->mbox, bp_stream_free);
  if (error)
    return give_failure(inputs, input, inputs->found, EX_IOERR, error);
  /* A file without a byte is an input all the same, and no mail. */
  return empty && give(inputs, input, inputs->found, 0, 0);
}

static void set_file(BpInput *input, int fd) {
  struct stat st;
  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
    return;
  input->modified = st.st_mtim.tv_sec;
  if (input->index < 0)
    input->file = bp_file_id_of(&st);
}

/* Reads from fd, which may be a pipe, or leaves it for later. */
static gboolean read_file(BpInputs *inputs, BpInput *input, int fd, gboolean found) {
  struct stat st;
  gboolean regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !is_stdin(inputs->source->str);
  g_autoptr(BpStream) stream = bp_stream_new(fd);
  bp_stream_set_stop(stream, inputs->options.stop);
  if (is_mbox(inputs, inputs->source->str, found, stream)) {
    if (inputs->options.survey)
      return give(inputs, input, found, -1, -1);
    inputs->mbox = g_steal_pointer(&stream);
    inputs->lazy_mbox = inputs->options.lazy && regular;
    inputs->index = 0;
    inputs->found = found;
    return next_of_mbox(inputs, input);
  }
  if (regular && inputs->options.lazy)
    return give_in_file(inputs, input, found, -1, -1);
  clear_bytes(inputs);
  if (inputs->options.survey)
    return give(inputs, input, found, -1, -1);
  bp_stream_rest(stream, inputs->bytes, max_bytes(inputs->options.max_message));
  bp_file_decompress(inputs->bytes, max_bytes(inputs->options.max_message));
  int error = bp_stream_error(stream);
  if (error)
    return give_failure(inputs, input, found, EX_IOERR, error);
  give(inputs, input, found, -1, -1);
  set_file(input, fd);
  return TRUE;
}

/* ---- reading what is pending -------------------------------------------------------------------------------- */

static void set_failure(BpInput *input, int code, int error) {
  input->code = code;
  input->error = error;
}

void bp_input_read(BpInput *input, gsize max_message, GString *bytes) {
  gint64 offset;
  gsize max = max_bytes(max_message);
  int fd = bp_file_open(input->source);
  input->pending = FALSE;
  input->bytes = "";
  input->length = 0;
  if (fd < 0) {
    input->gone = input->found && errno == ENOENT;
    if (!input->gone)
      set_failure(input, EX_NOINPUT, errno);
    return;
  }
  set_file(input, fd);
  gboolean of_mbox = input->index >= 0;
  gboolean placed = !of_mbox || lseek(fd, input->offset, SEEK_SET) >= 0;
  int error = placed ? 0 : errno;
  g_autoptr(BpStream) stream = bp_stream_new(fd);
  g_string_truncate(bytes, 0);
  if (placed && of_mbox)
    bp_mbox_next(stream, bytes, max, &offset);
  else if (placed)
    bp_stream_rest(stream, bytes, max);
  error = error ? error : bp_stream_error(stream);
  if (error) {
    set_failure(input, EX_IOERR, error);
    return;
  }
  if (!of_mbox)
    bp_file_decompress(bytes, max);
  input->bytes = bytes->str;
  input->length = bytes->len;
}

/* ---- folders ------------------------------------------------------------------------------------------------ */

/* A file in a folder, all of whose files are mboxes. */
static gboolean open_found(BpInputs *inputs, BpInput *input) {
  int fd = bp_file_open(inputs->source->str);
  if (fd >= 0)
    return read_file(inputs, input, fd, TRUE);
  return errno != ENOENT && give_failure(inputs, input, TRUE, EX_NOINPUT, errno);
}

static gboolean next_of_folder(BpInputs *inputs, BpInput *input) {
  int error;
  const char *path;
  while ((path = bp_folder_next(inputs->folder, &error))) {
    g_string_assign(inputs->source, path);
    if (error)
      return give_failure(inputs, input, TRUE, EX_NOINPUT, error);
    if (inputs->options.mbox ? open_found(inputs, input) : give_in_file(inputs, input, TRUE, -1, -1))
      return TRUE;
  }
  g_clear_pointer(&inputs->folder, bp_folder_free);
  return FALSE;
}

/* ---- what was named ----------------------------------------------------------------------------------------- */

static gboolean is_folder(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static void set_source(BpInputs *inputs, const char *path) {
  g_string_assign(inputs->source, path);
  while (inputs->source->len > 1 && inputs->source->str[inputs->source->len - 1] == '/')
    g_string_truncate(inputs->source, inputs->source->len - 1);
}

/* Opens a path that was named; TRUE where input is set. */
static gboolean open_path(BpInputs *inputs, const char *path, BpInput *input) {
  set_source(inputs, path);
  if (is_stdin(path))
    return read_file(inputs, input, STDIN_FILENO, FALSE);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return give_failure(inputs, input, FALSE, EX_NOINPUT, errno);
  if (!is_folder(fd))
    return read_file(inputs, input, fd, FALSE);
  close(fd);
  inputs->folder = bp_folder_new(inputs->source->str, inputs->options.recursive, &inputs->options.passed);
  return FALSE;
}

static gboolean open_list(BpInputs *inputs, const char *path, BpInput *input) {
  gsize length;
  set_source(inputs, path);
  int fd = is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return give_failure(inputs, input, FALSE, EX_NOINPUT, errno);
  inputs->list = bp_stream_new(fd);
  bp_stream_set_stop(inputs->list, inputs->options.stop);
  g_free(inputs->list_path);
  inputs->list_path = g_strdup(path);
  const char *bytes = bp_stream_peek(inputs->list, &length);
  if (memchr(bytes, '\0', length))
    bp_stream_set_delimiter(inputs->list, '\0');
  return FALSE;
}

/* The next path of the list under way, NULL at its end. Free it with g_free(). */
static char *path_of_list(BpInputs *inputs) {
  BpLine line;
  g_autoptr(GString) path = g_string_new(NULL);
  while (bp_stream_line(inputs->list, &line)) {
    g_string_append_len(path, line.bytes, (gssize)line.length);
    if (!line.ends)
      continue;
    g_string_truncate(path, path->len - 1);
    if (path->len > 0)
      break;
  }
  return path->len > 0 ? g_string_free(g_steal_pointer(&path), FALSE) : NULL;
}

static gboolean end_list(BpInputs *inputs, BpInput *input) {
  int error = bp_stream_error(inputs->list);
  g_clear_pointer(&inputs->list, bp_stream_free);
  set_source(inputs, inputs->list_path);
  return error != 0 && give_failure(inputs, input, FALSE, EX_IOERR, error);
}

/* Goes on to the next path or list; TRUE where input is set at once. */
static gboolean next_named(BpInputs *inputs, BpInput *input) {
  g_autofree char *path = NULL;
  if (!g_queue_is_empty(&inputs->paths)) {
    path = g_queue_pop_head(&inputs->paths);
    return open_path(inputs, path, input);
  }
  if (inputs->list) {
    path = path_of_list(inputs);
    return path ? open_path(inputs, path, input) : end_list(inputs, input);
  }
  path = g_queue_pop_head(&inputs->lists);
  return open_list(inputs, path, input);
}

static gboolean is_stopped(const BpInputs *inputs) {
  return inputs->options.stop && *inputs->options.stop;
}

static gboolean is_done(BpInputs *inputs) {
  return !inputs->mbox && !inputs->folder && !inputs->list && g_queue_is_empty(&inputs->paths) &&
         g_queue_is_empty(&inputs->lists);
}

gboolean bp_inputs_next(BpInputs *inputs, BpInput *input) {
  while (!is_done(inputs)) {
    gboolean set =  inputs->mbox     ? next_of_mbox(inputs, input)
                   : inputs->folder ? next_of_folder(inputs, input)
                                    : next_named(inputs, input);
    if (is_stopped(inputs))
      return FALSE;
    if (set)
      return TRUE;
  }
  return FALSE;
}
