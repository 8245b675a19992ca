/* The layer between a program and the system: counts the calls that change something, and at one of them kills the
 * program or lets the call fail.
 *
 *   layer REPORT KINDS ACTION N ERRNO PROGRAM ARGUMENTS...
 *
 * KINDS   w  writing into a file                 s  fsync and its like
 *         n  names: create, rename, unlink, ...  h  calls that give a new file handle
 *         t  traffic: pipes, sockets, terminals  l  file locks
 * ACTION  kill   SIGKILL before the Nth call is carried out (that is: after the one before it)
 *         fail   the Nth call fails with ERRNO        fails  so do all from the Nth on
 *         short  the Nth call writes half             limit  no more than N file handles at a time
 *         count  nothing
 *
 * REPORT gets "seen COUNT", and "hit CALL WHERE" if the Nth call came. The exit code is the program's, 137 if it was
 * killed. A filter (seccomp) stops the program at these calls alone, so it sees those of every library, and costs
 * little. What the program starts is neither counted nor harmed, and is waited for. What is written through a memory
 * map (SQLite's -shm) is no call, and is not seen. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the layer knows the registers of x86_64 only"
#endif

/* How a call names what it works on. */
enum { BY_FD, BY_PATH, BY_PATH_AT, BY_NOTHING };

static const struct call {
    long number;
    const char *name;
    char kind; /* 'W' is w or t, whichever its file is; 'O' is h, and n if it creates or truncates */
    int names;
} calls[] = {
#define C(name, kind, names) { SYS_##name, #name, kind, names }
    C(write, 'W', BY_FD), C(pwrite64, 'W', BY_FD), C(writev, 'W', BY_FD), C(pwritev, 'W', BY_FD),
    C(pwritev2, 'W', BY_FD), C(ftruncate, 'w', BY_FD), C(truncate, 'w', BY_PATH), C(fallocate, 'w', BY_FD),
    C(copy_file_range, 'w', BY_NOTHING), C(sendfile, 'W', BY_FD), C(splice, 't', BY_NOTHING),
    C(fsync, 's', BY_FD), C(fdatasync, 's', BY_FD), C(sync_file_range, 's', BY_FD), C(msync, 's', BY_NOTHING),
    C(rename, 'n', BY_PATH), C(renameat, 'n', BY_PATH_AT), C(renameat2, 'n', BY_PATH_AT),
    C(unlink, 'n', BY_PATH), C(unlinkat, 'n', BY_PATH_AT), C(rmdir, 'n', BY_PATH), C(mkdir, 'n', BY_PATH),
    C(mkdirat, 'n', BY_PATH_AT), C(link, 'n', BY_PATH), C(linkat, 'n', BY_PATH_AT), C(symlink, 'n', BY_PATH),
    C(symlinkat, 'n', BY_PATH), C(chmod, 'n', BY_PATH), C(fchmod, 'n', BY_FD), C(fchmodat, 'n', BY_PATH_AT),
    C(chown, 'n', BY_PATH), C(fchown, 'n', BY_FD), C(fchownat, 'n', BY_PATH_AT), C(utimensat, 'n', BY_PATH_AT),
    C(open, 'O', BY_PATH), C(openat, 'O', BY_PATH_AT), C(creat, 'O', BY_PATH), C(openat2, 'O', BY_PATH_AT),
    C(memfd_create, 'h', BY_PATH), C(socket, 'h', BY_NOTHING), C(socketpair, 'h', BY_NOTHING),
    C(pipe, 'h', BY_NOTHING), C(pipe2, 'h', BY_NOTHING), C(epoll_create1, 'h', BY_NOTHING),
    C(eventfd2, 'h', BY_NOTHING), C(dup, 'h', BY_FD), C(dup2, 'h', BY_FD), C(dup3, 'h', BY_FD),
    C(pidfd_open, 'h', BY_NOTHING), C(connect, 't', BY_FD), C(sendto, 't', BY_FD), C(sendmsg, 't', BY_FD),
    C(flock, 'l', BY_FD), C(fcntl, 'F', BY_FD),
#undef C
};
#define CALLS (sizeof calls / sizeof *calls)

static pid_t program;
static const char *kinds, *action;
static unsigned long wanted, seen;
static int fault;
static char hit[4400];

static void fail(const char *what) {
    fprintf(stderr, "layer: %s: %s\n", what, strerror(errno));
    exit(120);
}

/* Stops at the calls of the table, and at no other. */
static void put_filter(void) {
    struct sock_filter code[CALLS + 6];
    size_t at = 0;
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, CALLS + 1);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++)
        code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, CALLS - i, 0);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    struct sock_fprog filter = { at, code };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) fail("seccomp");
}

static const struct call *find(long number) {
    for (size_t i = 0; i < CALLS; i++)
        if (calls[i].number == number) return &calls[i];
    return NULL;
}

/* Writing into a file, or to somebody; into a counter of events (eventfd) it is neither, and never fails. */
static char writing(pid_t pid, int fd) {
    char path[64];
    struct stat meta;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    if (stat(path, &meta)) return 't';
    if (S_ISREG(meta.st_mode)) return 'w';
    return meta.st_mode & S_IFMT ? 't' : '-';
}

static void path_of(pid_t pid, const struct call *call, const struct user_regs_struct *regs, char *to, size_t room) {
    unsigned long from = call->names == BY_PATH ? regs->rdi : regs->rsi;
    size_t at = 0;
    for (; at + 1 < room; at++) {
        struct iovec here = { to + at, 1 }, there = { (void *)(from + at), 1 };
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) != 1 || !to[at]) break;
    }
    to[at] = 0;
}

/* Whether the call is of one of these kinds. The loader's own files are none of the program's. */
static int counts(pid_t pid, const struct call *call, const struct user_regs_struct *regs) {
    char kind = call->kind;
    if (kind == 'W') kind = writing(pid, (int)regs->rdi);
    if (kind == 'F') {
        int what = (int)regs->rsi;
        kind = what == F_DUPFD || what == F_DUPFD_CLOEXEC ? 'h' : 'l';
    }
    if (kind == 'O') {
        char path[4096];
        path_of(pid, call, regs, path, sizeof path);
        if (strncmp(path, "/lib", 4) == 0 || strncmp(path, "/usr/lib", 8) == 0 || strncmp(path, "/etc/ld.so", 10) == 0)
            return 0;
        unsigned long flags = call->number == SYS_open ? regs->rsi : regs->rdx;
        int makes = call->number == SYS_creat || (flags & (O_CREAT | O_TRUNC)) != 0;
        return strchr(kinds, 'h') != NULL || (makes && strchr(kinds, 'n') != NULL);
    }
    return strchr(kinds, kind) != NULL;
}

static void describe(pid_t pid, const struct call *call, const struct user_regs_struct *regs) {
    char where[4096] = "";
    if (call->names == BY_FD) {
        char link[64];
        snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, (int)regs->rdi);
        ssize_t length = readlink(link, where, sizeof where - 1);
        where[length < 0 ? 0 : length] = 0;
    } else if (call->names != BY_NOTHING) {
        path_of(pid, call, regs, where, sizeof where);
    }
    snprintf(hit, sizeof hit, "%s %s", call->name, where);
}

/* How much the call is to write. */
static unsigned long long *length_of(const struct call *call, struct user_regs_struct *regs) {
    switch (call->number) {
    case SYS_write: case SYS_pwrite64: case SYS_writev: case SYS_pwritev: case SYS_pwritev2: case SYS_sendto:
        return &regs->rdx;
    case SYS_sendfile:
        return &regs->r10;
    case SYS_splice: case SYS_copy_file_range:
        return &regs->r8;
    default:
        return NULL;
    }
}

/* The program stands before a call of the table. */
static void look(pid_t pid) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) return;
    const struct call *call = find((long)regs.orig_rax);
    if (!call || !counts(pid, call, &regs)) return;
    seen++;
    int every = strcmp(action, "fails") == 0;
    if (seen != wanted && !(every && seen > wanted)) return;
    if (seen == wanted) describe(pid, call, &regs);
    if (strcmp(action, "kill") == 0) {
        kill(program, SIGKILL);
    } else if (strcmp(action, "short") == 0) {
        unsigned long long *length = length_of(call, &regs);
        if (length && *length > 1) *length /= 2;
        ptrace(PTRACE_SETREGS, pid, 0, &regs);
    } else if (strcmp(action, "fail") == 0 || every) {
        regs.orig_rax = (unsigned long)-1;
        regs.rax = (unsigned long)-fault;
        ptrace(PTRACE_SETREGS, pid, 0, &regs);
    }
}

/* Whether this process or thread is heard of for the first time: it then stands at a stop that is no signal. */
static int is_new(pid_t pid) {
    static pid_t known[4096];
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (known[i] == pid) return 0;
    if (count < sizeof known / sizeof *known) known[count++] = pid;
    return 1;
}

static int watch(void) {
    int code = 0, status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (pid == program && WIFEXITED(status)) code = WEXITSTATUS(status);
        if (pid == program && WIFSIGNALED(status)) code = 128 + WTERMSIG(status);
        if (!WIFSTOPPED(status)) continue;
        int event = status >> 16, number = WSTOPSIG(status);
        if (event == PTRACE_EVENT_SECCOMP && syscall(SYS_tgkill, program, pid, 0) == 0) look(pid);
        if (event || (number == SIGSTOP && is_new(pid))) number = 0;
        ptrace(PTRACE_CONT, pid, 0, number);
    }
    return code;
}

int main(int count, char **words) {
    if (count < 7) {
        fputs("layer: REPORT KINDS ACTION N ERRNO PROGRAM ARGUMENTS...\n", stderr);
        return 120;
    }
    kinds = words[2], action = words[3], wanted = strtoul(words[4], NULL, 10), fault = atoi(words[5]);
    program = fork();
    if (program < 0) fail("fork");
    if (program == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) fail("ptrace");
        raise(SIGSTOP);
        struct rlimit handles = { wanted, wanted };
        if (strcmp(action, "limit") == 0 && setrlimit(RLIMIT_NOFILE, &handles)) fail("setrlimit");
        put_filter();
        execv(words[6], words + 6);
        fail(words[6]);
    }
    int status;
    if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) fail("waiting for the program");
    is_new(program);
    long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options) || ptrace(PTRACE_CONT, program, 0, 0)) fail("ptrace");
    int code = watch();
    FILE *report = fopen(words[1], "w");
    if (!report) fail(words[1]);
    fprintf(report, "seen %lu\n", seen);
    if (*hit) fprintf(report, "hit %s\n", hit);
    if (fclose(report)) fail(words[1]);
    return code;
}
