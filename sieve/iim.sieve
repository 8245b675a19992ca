# iim at delivery, for Dovecot Pigeonhole (see dovecot-iim.conf): a mail of ours is taken and stored,
# every other mail stays in the INBOX.
#
# Only mails with a marker ("IIM", "X-IIM") or a subject that ends with "(iim)", and what may say that a mail could not
# be delivered, are shown to the program. If it ends with anything but 0 (not ours, trouble, missing, more than ten seconds), the mail is kept in
# the INBOX. Never write "pipe :try": then a mail is gone when the program fails.
#
# If you have recipes of your own that such mails should still reach, take iim-execute.sieve.
require ["vnd.dovecot.pipe"];

if anyof (exists "IIM", exists "X-IIM", header :contains "Content-Type" "multipart/report",
          header :matches "Subject" "*(iim)", header :is "Return-Path" "<>",
          address :localpart :is "From" ["mailer-daemon", "postmaster"]) {
    pipe "iim-deliver";
    stop;
}
