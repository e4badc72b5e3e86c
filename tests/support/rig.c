/* SPDX-License-Identifier: MIT */
/* Building and clearing a backend by itself. */
#include "rig.h"

#include <unistd.h>

#include "harness.h"

unsigned rig_asked;

long __real_sysconf(int name);
long __wrap_sysconf(int name);

/* The linker sends the library's calls here. */
__attribute__((used)) long
__wrap_sysconf(int name)
{
	if (name != _SC_NPROCESSORS_CONF)
		return __real_sysconf(name);
	rig_asked++;
	return RIG_CPUS;
}

void
rig_begin(struct rig *rig)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 1;
	dp__source_init(&rig->source, &config);
	assert_int_equal(
		dp__store_init(&rig->store, &rig->source, RIG_MAGAZINE_SIZE),
		0);
	assert_int_equal(dp__backend_init(&rig->backend, &rig->store), 0);
}

void
rig_end(struct rig *rig)
{
	dp__backend_fini(&rig->backend);
	dp__store_fini(&rig->store);
	dp__source_fini(&rig->source);
}

struct magazine *
rig_magazine(struct rig *rig)
{
	struct magazine *m = dp__store_make(&rig->store);

	assert_non_null(m);
	return m;
}

void
rig_join(struct rig *rig, struct seat *seat, int cpu)
{
	dp__backend_join(&rig->backend, seat);
	dp__backend_place(seat, cpu);
}
