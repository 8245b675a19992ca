# iim at delivery, for Dovecot Pigeonhole (see dovecot-iim.conf): a mail of ours is taken and stored,
# every other mail stays in the INBOX.
#
# Only mails with the marker "IIM:", and the reports on mails that could not be delivered, are shown to the
# program. If it ends with anything but 0 (not ours, trouble, missing, more than ten seconds), the mail is kept in
# the INBOX. Never write "pipe :try": then a mail is gone when the program fails.
#
# If you have recipes of your own that such mails should still reach, take iim-execute.sieve.
require ["vnd.dovecot.pipe"];

if anyof (exists "IIM", header :contains "Content-Type" "multipart/report") {
    pipe "iim-deliver";
    stop;
}
