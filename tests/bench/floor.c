/* floor.c - what GMime alone needs: reads files, parses them, decodes their text parts
 *
 * The yardstick of the benchmark; of bounceparse it knows nothing. */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>

static void take_part(GMimeObject *parent, GMimeObject *part, gpointer data) {
  if (!GMIME_IS_TEXT_PART(part))
    return;
  g_autofree char *text = g_mime_text_part_get_text((GMimeTextPart *)part);
  *(gsize *)data += text ? strlen(text) : 0;
}

static void take_file(const char *path, gsize *total) {
  g_autofree char *bytes = NULL;
  gsize length;
  if (!g_file_get_contents(path, &bytes, &length, NULL))
    return;
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, length);
  GMimeParser *parser = g_mime_parser_new_with_stream(stream);
  GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
  if (message) {
    g_mime_message_foreach(message, take_part, total);
    g_object_unref(message);
  }
  g_object_unref(parser);
  g_object_unref(stream);
}

int main(int argc, char **argv) {
  gsize total = 0;
  g_mime_init();
  for (int i = 1; i < argc; i++)
    take_file(argv[i], &total);
  printf("%" G_GSIZE_FORMAT "\n", total);
  return 0;
}
