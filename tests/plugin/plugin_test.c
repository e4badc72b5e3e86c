/* SPDX-License-Identifier: MIT */
/*
 * A host whose threads outlive its plugin: they end when the plugin's code is
 * gone.  What the plugin's library registered with the process must be gone as
 * well, or a thread that ends calls it.
 *
 *	plugin_test PLUGIN
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define N_THREADS 4
#define N_LOADS 20

typedef int function(void);

/* The host's threads meet the main one before and after each turn of work. */
static pthread_barrier_t turn;
static function *work; /* NULL: the end */
static int failed;     /* turns of work; by the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *
serve(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_barrier_wait(&turn);
		if (!work)
			return NULL;
		int status = work();

		pthread_mutex_lock(&lock);
		failed += status != 0;
		pthread_mutex_unlock(&lock);
		pthread_barrier_wait(&turn);
	}
}

static function *
find(void *plugin, const char *name)
{
	/* As POSIX has it: C knows no cast from an object to a function. */
	function *found;

	*(void **)&found = dlsym(plugin, name);
	if (!found) {
		fprintf(stderr, "plugin_test: %s\n", dlerror());
		exit(1);
	}
	return found;
}

/* Loads the plugin, has all threads use it, unloads it. */
static void
use(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!plugin) {
		fprintf(stderr, "plugin_test: %s\n", dlerror());
		exit(1);
	}
	function *begin = find(plugin, "plugin_begin");
	function *end = find(plugin, "plugin_end");

	work = find(plugin, "plugin_work");
	failed += begin() != 0;
	pthread_barrier_wait(&turn);
	pthread_barrier_wait(&turn);
	failed += end() != 0;
	dlclose(plugin);
	/* The control: it is gone, or there would be nothing to see. */
	if (dlopen(path, RTLD_NOW | RTLD_NOLOAD)) {
		fprintf(stderr, "plugin_test: %s stays loaded\n", path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	pthread_t threads[N_THREADS];

	if (argc != 2) {
		fprintf(stderr, "plugin_test: wants the path of a plugin\n");
		return 2;
	}
	pthread_barrier_init(&turn, NULL, N_THREADS + 1);
	for (int i = 0; i < N_THREADS; i++)
		if (pthread_create(&threads[i], NULL, serve, NULL) != 0)
			return 1;
	for (int i = 0; i < N_LOADS; i++)
		use(argv[1]);
	work = NULL;
	pthread_barrier_wait(&turn);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	if (failed > 0)
		fprintf(stderr, "plugin_test: %d calls failed\n", failed);
	return failed > 0;
}
