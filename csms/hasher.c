#include "csms/hasher.h"

#include "common/list.h"
#include "csms/password.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define JOBS_MAX 4096

/* The texts stand behind the struct: address, hash with its NUL, password. */
struct job {
	struct list node;
	int64_t station;
	size_t address_len, hash_len, password_len;
	bool right;
	char text[];
};

struct hasher {
	struct loop *loop;
	void (*done)(void *ctx, const struct hasher_result *result);
	void *ctx;
	struct loop_io io;
	int event_fd; /* the thread has finished something */
	pthread_t thread;

	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t more;
	struct list queued, finished;
	struct job *working;
	int count; /* in all three */
	bool stopping;
};

static void
job_free(struct job *job)
{
	explicit_bzero(job->text, job->address_len + job->hash_len + 1 + job->password_len);
	free(job);
}

static void
check(struct job *job)
{
	const char *hash = job->text + job->address_len;

	job->right =
	    password_matches(slice_from(hash + job->hash_len + 1, job->password_len), hash);
}

static void *
work(void *ctx)
{
	struct hasher *h = ctx;
	uint64_t one = 1;

	pthread_mutex_lock(&h->mutex);
	while (!h->stopping) {
		if (list_empty(&h->queued)) {
			pthread_cond_wait(&h->more, &h->mutex);
			continue;
		}
		h->working = list_entry(list_pop(&h->queued), struct job, node);
		pthread_mutex_unlock(&h->mutex);
		check(h->working);
		pthread_mutex_lock(&h->mutex);
		list_append(&h->finished, &h->working->node);
		h->working = NULL;
		if (write(h->event_fd, &one, sizeof(one)) < 0)
			abort(); /* an eventfd that nobody fills cannot be full */
	}
	pthread_mutex_unlock(&h->mutex);
	return NULL;
}

static void
tell(struct hasher *h, struct job *job)
{
	struct hasher_result result = {
		.station = job->station,
		.address = slice_from(job->text, job->address_len),
		.hash = slice_from(job->text + job->address_len, job->hash_len),
		.password = slice_from(
		    job->text + job->address_len + job->hash_len + 1, job->password_len),
		.right = job->right,
	};

	h->done(h->ctx, &result);
	job_free(job);
}

static void
finished(void *ctx, bool readable, bool writable)
{
	struct hasher *h = ctx;
	struct list jobs, *node;
	uint64_t n;

	(void)readable;
	(void)writable;
	if (read(h->event_fd, &n, sizeof(n)) < 0)
		return;
	list_init(&jobs);
	pthread_mutex_lock(&h->mutex);
	while ((node = list_pop(&h->finished)) != NULL) {
		list_append(&jobs, node);
		h->count--;
	}
	pthread_mutex_unlock(&h->mutex);
	while ((node = list_pop(&jobs)) != NULL)
		tell(h, list_entry(node, struct job, node));
}

struct hasher *
hasher_new(
    struct loop *loop, void (*done)(void *ctx, const struct hasher_result *result), void *ctx)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->loop = loop;
	h->done = done;
	h->ctx = ctx;
	list_init(&h->queued);
	list_init(&h->finished);
	h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->event_fd < 0 || pthread_mutex_init(&h->mutex, NULL) != 0 ||
	    pthread_cond_init(&h->more, NULL) != 0 ||
	    pthread_create(&h->thread, NULL, work, h) != 0)
		abort(); /* at the start: nothing can run */
	loop_io_set(loop, &h->io, h->event_fd, true, false, finished, h);
	return h;
}

static void
drop_all(struct list *jobs)
{
	struct list *node;

	while ((node = list_pop(jobs)) != NULL)
		job_free(list_entry(node, struct job, node));
}

void
hasher_free(struct hasher **hasher)
{
	struct hasher *h = *hasher;

	*hasher = NULL;
	if (h == NULL)
		return;
	loop_io_stop(h->loop, &h->io);
	pthread_mutex_lock(&h->mutex);
	h->stopping = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->mutex);
	pthread_join(h->thread, NULL);
	drop_all(&h->queued);
	drop_all(&h->finished);
	close(h->event_fd);
	pthread_cond_destroy(&h->more);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

static struct job *
job_new(int64_t station, struct slice address, struct slice hash, struct slice password)
{
	struct job *job = calloc(1, sizeof(*job) + address.len + hash.len + 1 + password.len);

	if (job == NULL)
		abort();
	job->station = station;
	job->address_len = address.len;
	job->hash_len = hash.len;
	job->password_len = password.len;
	memcpy(job->text, address.ptr, address.len);
	memcpy(job->text + address.len, hash.ptr, hash.len);
	memcpy(job->text + address.len + hash.len + 1, password.ptr, password.len);
	return job;
}

static bool
has_job(const struct hasher *h, int64_t station)
{
	if (h->working != NULL && h->working->station == station)
		return true;
	list_foreach (at, &h->queued)
		if (list_entry(at, struct job, node)->station == station)
			return true;
	return false;
}

bool
hasher_check(struct hasher *h, int64_t station, struct slice address, struct slice hash,
    struct slice password)
{
	bool taken = false;

	pthread_mutex_lock(&h->mutex);
	if (h->count < JOBS_MAX && !has_job(h, station)) {
		list_append(&h->queued, &job_new(station, address, hash, password)->node);
		h->count++;
		pthread_cond_signal(&h->more);
		taken = true;
	}
	pthread_mutex_unlock(&h->mutex);
	return taken;
}
