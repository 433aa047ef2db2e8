# Dovecot Pigeonhole: bounces are read, marked and sorted by kind and cause.
#
# dovecot.conf:
#   plugin {
#     sieve_plugins = sieve_extprograms
#     sieve_global_extensions = +vnd.dovecot.filter
#     sieve_filter_bin_dir = /usr/lib/dovecot/sieve-filter    # holds a link to bounceparse
#   }

require ["vnd.dovecot.filter", "fileinto", "mailbox", "envelope", "regex"];

if anyof (envelope :is "from" "",
          header :contains "Content-Type" "multipart/report",
          header :contains "Auto-Submitted" "auto-") {
  filter "bounceparse" ["filter"];
}

if header :is "X-Bounce-Kind" "failure" {
  if header :is "X-Bounce-Advice" "remove" {
    fileinto :create "Bounces.Remove";
  } elsif header :is "X-Bounce-Advice" "fix" {
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
