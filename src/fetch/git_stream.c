/*
 * git_stream.c: sockets that give up when nothing moves. libgit2 has time
 * limits of its own from 1.7 on; before, a server that falls silent would hold
 * the tool for ever, because callbacks run only when bytes arrive. TLS of
 * libgit2 is put on top of these streams as well.
 */
#include "fetch/git_internal.h"

#if GIT_AT_LEAST(1, 7)

void git_stream_limits_install(void)
{
}

void git_stream_limits_set(double seconds)
{
	/* process-wide in libgit2: the last caller's limit counts for all */
	git_libgit2_opts(GIT_OPT_SET_SERVER_CONNECT_TIMEOUT, (int)(seconds * 1000));
	git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, (int)(seconds * 1000));
}

#else

#include <errno.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The same layout as libgit2 1.5's and 1.6's own socket stream: its ssh
 * transport takes the descriptor from there. */
struct limited_stream {
	git_stream parent;
	char *host, *port;
	int fd;
};

static _Thread_local double stall_seconds = 60;

void git_stream_limits_set(double seconds)
{
	stall_seconds = seconds;
}

static int net_error(const struct limited_stream *s, const char *what, int errno_value)
{
	bool timed_out = errno_value == EAGAIN || errno_value == EINPROGRESS || errno_value == ETIMEDOUT;
	AUTO_FREE char *text = xasprintf("%s %s: %s", what, s->host, timed_out ? "nothing moved for too long (timed out)" : strerror(errno_value));
	git_error_set_str(GIT_ERROR_NET, text);
	return -1;
}

static void set_limits(int fd)
{
	struct timeval tv = { .tv_sec = (time_t)stall_seconds, .tv_usec = (suseconds_t)((stall_seconds - (double)(time_t)stall_seconds) * 1e6) };
	unsigned ms = (unsigned)(stall_seconds * 1000);
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)); /* also limits connect() */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int stream_connect(git_stream *stream)
{
	struct limited_stream *s = (struct limited_stream *)stream;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC }, *list = NULL;
	int r = getaddrinfo(s->host, s->port, &hints, &list);
	if (r != 0) {
		AUTO_FREE char *text = xasprintf("failed to resolve address for %s: %s", s->host, gai_strerror(r));
		git_error_set_str(GIT_ERROR_NET, text);
		return -1;
	}
	int saved = ECONNREFUSED;
	for (struct addrinfo *a = list; a && s->fd < 0; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		set_limits(fd);
		if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
			s->fd = fd;
			break;
		}
		saved = errno;
		close(fd);
	}
	freeaddrinfo(list);
	return s->fd >= 0 ? 0 : net_error(s, "failed to connect to", saved);
}

static ssize_t stream_read(git_stream *stream, void *data, size_t n)
{
	struct limited_stream *s = (struct limited_stream *)stream;
	ssize_t got;
	do
		got = recv(s->fd, data, n, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? net_error(s, "no answer from", errno) : got;
}

static ssize_t stream_write(git_stream *stream, const char *data, size_t n, int flags)
{
	struct limited_stream *s = (struct limited_stream *)stream;
	ssize_t sent;
	do
		sent = send(s->fd, data, n, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? net_error(s, "cannot send to", errno) : sent;
}

static int stream_close(git_stream *stream)
{
	struct limited_stream *s = (struct limited_stream *)stream;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	return 0;
}

static void stream_free(git_stream *stream)
{
	struct limited_stream *s = (struct limited_stream *)stream;
	stream_close(stream);
	free(s->host);
	free(s->port);
	free(s);
}

static int stream_new(git_stream **out, const char *host, const char *port)
{
	struct limited_stream *s = xcalloc(1, sizeof(*s));
	s->parent.version = GIT_STREAM_VERSION;
	s->parent.connect = stream_connect;
	s->parent.read = stream_read;
	s->parent.write = stream_write;
	s->parent.close = stream_close;
	s->parent.free = stream_free;
	s->host = xstrdup(host);
	s->port = xstrdup(port);
	s->fd = -1;
	*out = &s->parent;
	return 0;
}

void git_stream_limits_install(void)
{
	git_stream_registration r = { .version = GIT_STREAM_VERSION, .init = stream_new };
	git_stream_register(GIT_STREAM_STANDARD, &r);
}

#endif
