/* SPDX-License-Identifier: MIT */
/*
 * pool.h for C++11 and later, header only: pools, workers and objects as types.
 *
 *	driftpool::pool<session> pool;
 *	driftpool::worker<session> worker(pool);
 *	auto session = worker.lend(); // a std::unique_ptr
 *
 * Nothing here allocates, has virtual functions or looks anything up.  Pools
 * and workers can be moved, not copied; what pool.h says of their owners, and
 * of when nobody may use them, holds.
 */
#ifndef DRIFTPOOL_POOL_HPP
#define DRIFTPOOL_POOL_HPP

#include <driftpool/pool.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

namespace driftpool
{

/* What T's constructor threw last on this thread, until it is thrown on. */
inline std::exception_ptr &
thrown() noexcept
{
	static thread_local std::exception_ptr exception;

	return exception;
}

/*
 * After a borrow that returned nullptr: throws what T's constructor threw, on
 * the caller's side of the library, else what errno says: std::bad_alloc for
 * ENOMEM, std::system_error for all others.
 */
[[noreturn]] inline void
raise()
{
	int error = errno;

	if (error == ECANCELED && thrown()) {
		std::exception_ptr exception;

		std::swap(exception, thrown());
		std::rethrow_exception(exception);
	}
	if (error == ENOMEM)
		throw std::bad_alloc();
	throw std::system_error(error, std::generic_category(), "driftpool");
}

/*
 * A policy: T() runs once for an object, before it is lent for the first time,
 * and ~T() when the pool gives it up.  What it holds, it holds while it is free.
 */
struct once {
	/* No exception gets into the library, which is C. */
	template <class T>
	static int
	construct(void *object, void *) noexcept
	{
		try {
			::new (object) T();
			return 0;
		} catch (...) {
			thrown() = std::current_exception();
			return -ECANCELED;
		}
	}

	template <class T>
	static void
	destruct(void *object, void *) noexcept
	{
		static_cast<T *>(object)->~T();
	}

	template <class T>
	static void
	configure(dp_config &config) noexcept
	{
		config.construct = construct<T>;
		config.destruct = destruct<T>;
	}

	template <class T>
	static T *
	begin(void *object) noexcept
	{
		return static_cast<T *>(object);
	}

	template <class T>
	static void
	end(T *) noexcept
	{
	}
};

/*
 * A policy: a constructor of T runs at each lending, with the arguments that it
 * is lent with, and ~T() at each return.  The pool holds memory alone.
 */
struct each_lending {
	template <class T>
	static void
	configure(dp_config &) noexcept
	{
	}

	template <class T, class... Args>
	static T *
	begin(void *object, Args &&...args)
	{
		return ::new (object) T(std::forward<Args>(args)...);
	}

	template <class T>
	static void
	end(T *object) noexcept
	{
		object->~T();
	}
};

/* Owner: as dp_pool.  Invariant: handle is nullptr once it was moved from. */
template <class T, class Policy = once> class pool
{
	static_assert(alignof(T) <= DP_OBJECT_ALIGN_MAX,
		      "the pool aligns so far");

	dp_pool *handle;

      public:
	/* Of config, size, align and what T decides are set here. */
	explicit pool(dp_config config = DP_CONFIG_INIT)
	{
		config.object_size = sizeof(T);
		if (config.object_align < alignof(T))
			config.object_align = alignof(T);
		Policy::template configure<T>(config);
		handle = dp_pool_create(&config);
		if (!handle)
			raise();
	}

	pool(pool &&other) noexcept : handle(other.handle)
	{
		other.handle = nullptr;
	}

	pool &
	operator=(pool &&other) noexcept
	{
		std::swap(handle, other.handle);
		return *this;
	}

	/* As destroy(); a pool that is busy stays, and its memory with it. */
	~pool()
	{
		destroy();
	}

	/* 0, or -EBUSY while workers are attached or objects in use. */
	int
	destroy() noexcept
	{
		int status = dp_pool_destroy(handle);

		if (status == 0)
			handle = nullptr;
		return status;
	}

	dp_pool *
	get() const noexcept
	{
		return handle;
	}
};

/*
 * Owner: the thread that attached it or bound it last.
 * Invariant: handle is nullptr once it was moved from.
 */
template <class T, class Policy = once> class worker
{
	dp_worker *handle;

      public:
	/*
	 * Returns by the worker that lent, so that it must run on that one's
	 * thread and before its end.  It is a word, since nothing less tells
	 * which worker of which pool: worker::adopt() hands it on.
	 */
	class returner
	{
		dp_worker *handle;

	      public:
		explicit returner(dp_worker *by = nullptr) noexcept : handle(by)
		{
		}

		void
		operator()(T *object) const noexcept
		{
			Policy::end(object);
			dp_return(handle, object);
		}
	};
	using lent = std::unique_ptr<T, returner>;

	explicit worker(const pool<T, Policy> &of)
	    : handle(dp_worker_attach(of.get()))
	{
		if (!handle)
			raise();
	}

	worker(worker &&other) noexcept : handle(other.handle)
	{
		other.handle = nullptr;
	}

	worker &
	operator=(worker &&other) noexcept
	{
		std::swap(handle, other.handle);
		return *this;
	}

	~worker()
	{
		dp_worker_detach(handle);
	}

	/*
	 * dp_borrow() and dp_return() as they are: nullptr with errno set, which
	 * raise() throws.  With each_lending it is memory without a T.  They do
	 * not throw; `noexcept` would cost instructions beside C's.
	 */
	T *
	borrow()
	{
		return static_cast<T *>(dp_borrow(handle));
	}

	void
	give_back(T *object)
	{
		dp_return(handle, object);
	}

	/* An object that returns by itself; throws where none can be had. */
	template <class... Args>
	lent
	lend(Args &&...args)
	{
		void *object = dp_borrow(handle);

		if (!object)
			raise();
		/* Returns the memory, should a constructor throw. */
		struct guard {
			dp_worker *by;
			void *memory;
			~guard()
			{
				if (memory)
					dp_return(by, memory);
			}
		} until_begun = { handle, object };
		T *begun = Policy::template begin<T>(
			object, std::forward<Args>(args)...);

		until_begun.memory = nullptr;
		return lent(begun, returner(handle));
	}

	/* What any worker of the pool lent returns by this one from now on. */
	lent
	adopt(lent &&other) noexcept
	{
		return lent(other.release(), returner(handle));
	}

	dp_worker *
	get() const noexcept
	{
		return handle;
	}
};

/*
 * A deleter without a state, for the pool that a function of the program tells:
 * std::unique_ptr<T, driftpool::returner_to<T, find>> is one word.  It returns
 * by the thread-local worker of whatever thread it runs on.
 */
template <class T, dp_pool *(*find)(), class Policy = once> struct returner_to {
	void
	operator()(T *object) const noexcept
	{
		Policy::end(object);
		dp_pool_return(find(), object);
	}
};

} // namespace driftpool

#endif
