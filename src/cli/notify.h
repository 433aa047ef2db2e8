/* notify.h - what a service tells systemd: sd_notify(3), of which the protocol is all that is needed */
#pragma once

#include <glib.h>

/* Sends a state, such as "READY=1", where somebody listens. */
void cli_notify(const char *state);

/* Says that all is well where that is due: at half the interval in which systemd expects it. */
void cli_notify_watchdog(void);
