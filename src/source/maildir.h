/* maildir.h - what a mail reader does with a message of a Maildir: marks it as seen, moves it to another folder */
#pragma once

#include "source/file.h"

/* TRUE where path is that of a message in cur or new of a Maildir. */
gboolean bp_is_maildir_message(const char *path);

/* Makes sure that folder is a Maildir: it and cur, new and tmp in it are made where they are missing. FALSE, with
 * errno. id is set to the folder's. */
gboolean bp_maildir_make(const char *folder, BpFileId *id);

/* Renames the message at path: into the Maildir folder, which may be NULL, and with seen so that it has the flag S, which
 * belongs to cur. Nothing is copied, and no other message is overwritten. A message that another reader has renamed
 * meanwhile is followed. FALSE, with errno. */
gboolean bp_maildir_act(const char *path, const char *folder, gboolean seen);
