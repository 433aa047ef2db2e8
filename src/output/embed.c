/* embed.c - the build's tool: text files in, C source with their bytes out
 *
 *     bounceparse-embed OUTPUT.c HEADER (NAME FILE)...
 *
 * GResource does the same, but needs gio, which makes every start longer. */
#include <glib.h>
#include <stdio.h>

static gboolean put_file(FILE *out, const char *name, const char *path) {
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, &error)) {
    fprintf(stderr, "%s\n", error->message);
    return FALSE;
  }
  fprintf(out, "const char %s[] = {", name);
  for (gsize i = 0; text[i]; i++)
    fprintf(out, "%s%d,", i % 24 ? "" : "\n", text[i]);
  fputs("\n0};\n", out);
  return TRUE;
}

int main(int argc, char **argv) {
  FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
  if (!out)
    return 1;
  fprintf(out, "#include \"%s\"\n", argv[2]);
  gboolean good = TRUE;
  for (int i = 3; i + 1 < argc; i += 2)
    good &= put_file(out, argv[i], argv[i + 1]);
  return fclose(out) == 0 && good ? 0 : 1;
}
