# Dovecot Pigeonhole: bounces are read, marked and sorted by kind and cause.
#
# dovecot.conf:
#   plugin {
#     sieve_plugins = sieve_extprograms
#     sieve_global_extensions = +vnd.dovecot.filter
#     sieve_filter_bin_dir = /usr/lib/dovecot/sieve-filter    # holds a link to bounceparse
#   }
#
# The fields are believed only where the filter has just written them (as a test it is true where it has succeeded): a mail that it
# has not seen may bring its own.

require ["vnd.dovecot.filter", "fileinto", "mailbox", "envelope"];

if allof (anyof (envelope :is "from" "",
                 header :contains "Content-Type" "multipart/report",
                 header :contains "Auto-Submitted" "auto-"),
          filter "bounceparse" ["filter"]) {
  if header :is "X-Bounce-Kind" "failure" {
    if header :is [
        "X-Bounce-Advice", "X-Bounce-Advice-2", "X-Bounce-Advice-3", "X-Bounce-Advice-4",
        "X-Bounce-Advice-5", "X-Bounce-Advice-6", "X-Bounce-Advice-7", "X-Bounce-Advice-8",
        "X-Bounce-Advice-9", "X-Bounce-Advice-10", "X-Bounce-Advice-11", "X-Bounce-Advice-12",
        "X-Bounce-Advice-13", "X-Bounce-Advice-14", "X-Bounce-Advice-15", "X-Bounce-Advice-16",
        "X-Bounce-Advice-17", "X-Bounce-Advice-18", "X-Bounce-Advice-19", "X-Bounce-Advice-20"] "remove" {
      fileinto :create "Bounces.Remove";
    } elsif header :is [
        "X-Bounce-Advice", "X-Bounce-Advice-2", "X-Bounce-Advice-3", "X-Bounce-Advice-4",
        "X-Bounce-Advice-5", "X-Bounce-Advice-6", "X-Bounce-Advice-7", "X-Bounce-Advice-8",
        "X-Bounce-Advice-9", "X-Bounce-Advice-10", "X-Bounce-Advice-11", "X-Bounce-Advice-12",
        "X-Bounce-Advice-13", "X-Bounce-Advice-14", "X-Bounce-Advice-15", "X-Bounce-Advice-16",
        "X-Bounce-Advice-17", "X-Bounce-Advice-18", "X-Bounce-Advice-19", "X-Bounce-Advice-20"] "fix" {
      fileinto :create "Bounces.Fix";
    } else {
      fileinto :create "Bounces";
    }
  } elsif header :is "X-Bounce-Kind" ["delay", "success", "receipt"] {
    fileinto :create "Bounces.Notices";
  } elsif header :is "X-Bounce-Kind" "complaint" {
    fileinto :create "Bounces.Complaints";
  } elsif header :is "X-Bounce-Kind" ["auto-reply", "challenge"] {
    fileinto :create "Auto";
  }
}
