/* A quick sendmail: `post SPOOL -i -f FROM -- TO` puts the mail whole into SPOOL/new, as support/post.rs reads it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count != 7 || strcmp(words[2], "-i") || strcmp(words[3], "-f") || strcmp(words[5], "--")) return 64;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char begun[4096], done[4096], piece[65536];
    snprintf(begun, sizeof begun, "%s/tmp/%d", words[1], getpid());
    snprintf(done, sizeof done, "%s/new/%lld%09ld.%d,%s,%s", words[1], (long long)now.tv_sec, now.tv_nsec, getpid(),
             words[4], words[6]);
    int file = open(begun, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0) return 75;
    ssize_t length;
    while ((length = read(0, piece, sizeof piece)) > 0)
        if (write(file, piece, (size_t)length) != length) return 75;
    return length < 0 || close(file) || rename(begun, done) ? 75 : 0;
}
