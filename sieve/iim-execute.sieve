# iim at delivery, for Dovecot Pigeonhole (see dovecot-iim.conf), to be put before rules of your own: a mail
# of ours is taken and stored, every other mail goes on to the rules below.
#
# Only mails with the marker "IIM:", and the reports on mails that could not be delivered, are shown to the
# program. If it ends with anything but 0 (not ours, trouble, missing, more than ten seconds), the mail goes on.
require ["vnd.dovecot.execute"];

if anyof (exists "IIM", header :contains "Content-Type" "multipart/report") {
    if execute :pipe "iim-deliver" {
        discard;
        stop;
    }
}
