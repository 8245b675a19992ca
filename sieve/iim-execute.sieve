# iim at delivery, for Dovecot Pigeonhole (see dovecot-iim.conf), to be put before rules of your own: a mail
# of ours is taken and stored, every other mail goes on to the rules below.
#
# Only mails with a marker ("IIM", "X-IIM") or a subject that ends with "(iim)", and what may say that a mail could not
# be delivered, are shown to the program. If it ends with anything but 0 (not ours, trouble, missing, more than ten seconds), the mail goes on.
require ["vnd.dovecot.execute"];

if anyof (exists "IIM", exists "X-IIM", header :contains "Content-Type" "multipart/report",
          header :matches "Subject" "*(iim)", header :is "Return-Path" "<>",
          address :localpart :is "From" ["mailer-daemon", "postmaster"]) {
    if execute :pipe "iim-deliver" {
        discard;
        stop;
    }
}
