// Tasks that go on for long, and how they hear of an interrupt.
#include <stdexcept>
#include <thread>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "helpers.hpp"

namespace ipgd {

using namespace test;

namespace {

/// A host that asks to stop from its `allowed`-th poll on and notes who polls it.
class Host final : public Interrupt {
 public:
  explicit Host(Index allowed) : allowed_(allowed) {}
  bool requested() noexcept override {
    if (std::this_thread::get_id() != caller_) elsewhere = true;
    return ++polls > allowed_;
  }
  std::atomic<Index> polls{0};
  std::atomic<bool> elsewhere{false};

 private:
  const std::thread::id caller_ = std::this_thread::get_id();
  const Index allowed_;
};
constexpr Index kNever = Index{1} << 60;

/// Waits for what another thread should do soon; false when it has not happened in 20 s.
template <class Condition>
bool wait_for(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class NotHeard : public std::exception {};

/// A task that goes on until it is interrupted.
void spin(const Execution& own) {
  wait_for([&] {
    own.poll();
    return false;
  });
  throw NotHeard();
}

std::vector<int> begun(const Execution& execution, Index count) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(count));
  parallel_tasks(execution, count, [&](Index c, const Execution& own) {
    counts[static_cast<std::size_t>(c)] += own.n_threads;  // 1: a task has one thread
  });
  return {counts.begin(), counts.end()};
}

std::vector<int> ones(Index count) { return std::vector<int>(static_cast<std::size_t>(count), 1); }

}  // namespace

TEST_CASE("every task is begun once, on one thread") {
  for (const int n_threads : kThreadCounts)
    for (const Index count : {0, 1, 2, 5, 100}) {
      CHECK(begun({n_threads, nullptr}, count) == ones(count));
      Host host(kNever);
      CHECK(begun({n_threads, &host}, count) == ones(count));
      CHECK_FALSE(host.elsewhere);
    }
}

TEST_CASE("a request reaches the tasks on all threads, and the host is polled by its own") {
  for (const int n_threads : kThreadCounts)
    for (const Index count : {1, 3, 10}) {
      Host host(20);
      std::atomic<Index> starts{0}, ends{0};
      const auto task = [&](Index, const Execution& own) {
        ++starts;
        try {
          spin(own);
        } catch (const Interrupted&) {
          ++ends;
          throw;
        }
      };
      CHECK_THROWS_AS(parallel_tasks({n_threads, &host}, count, task), Interrupted);
      CHECK(starts == count);
      CHECK(ends == count);
      CHECK_FALSE(host.elsewhere);
    }
}

TEST_CASE("tasks that end by themselves when they are interrupted end the whole quietly") {
  for (const int n_threads : {1, 3}) {
    Host host(20);
    std::atomic<Index> heard{0};
    parallel_tasks({n_threads, &host}, 3, [&](Index, const Execution& own) {
      heard += wait_for([&] { return own.interrupt->requested(); });
    });
    CHECK(heard == 3);
  }
}

TEST_CASE("the exception of one task interrupts the others and comes out") {
  for (const int n_threads : {1, 2, 3, 7}) {
    // On one thread the tasks run in turn, so that only the first can interrupt others.
    const Index thrower = n_threads == 1 || !has_openmp() ? 0 : 1, count = 5;
    std::atomic<Index> interrupted{0};
    const auto task = [&](Index c, const Execution& own) {
      if (c == thrower) throw std::range_error("task");
      try {
        spin(own);
      } catch (const Interrupted&) {
        ++interrupted;
        throw;
      }
    };
    CHECK_THROWS_WITH_AS(parallel_tasks({n_threads, nullptr}, count, task), "task",
                         std::range_error);
    CHECK(interrupted == count - 1);
    CHECK(begun({n_threads, nullptr}, 3) == ones(3));  // usable afterwards
  }
}

TEST_CASE("the calling thread polls on while others work") {
  if (!has_openmp()) return;  // one thread: no others
  Host host(kNever);
  std::atomic<bool> second_begun{false}, first_done{false}, polled{false};
  const auto caller = std::this_thread::get_id();
  parallel_tasks({2, &host}, 2, [&](Index c, const Execution&) {
    if (c == 0) {
      CHECK(std::this_thread::get_id() == caller);
      wait_for([&] { return second_begun.load(); });
      first_done = true;
      return;
    }
    second_begun = true;
    wait_for([&] { return first_done.load(); });
    const Index before = host.polls;
    polled = wait_for([&] { return host.polls > before + 3; });
  });
  CHECK(polled);
  CHECK_FALSE(host.elsewhere);
}

TEST_CASE("a shared interrupt asks the host on the thread that made it and remembers the answer") {
  Host host(1);
  SharedInterrupt shared(&host);
  bool answer = true;
  const auto ask_elsewhere = [&] { std::thread([&] { answer = shared.requested(); }).join(); };
  ask_elsewhere();
  CHECK_FALSE(answer);
  CHECK(host.polls == 0);
  CHECK_FALSE(shared.requested());
  CHECK(host.polls == 1);
  CHECK(shared.requested());
  CHECK(host.polls == 2);
  ask_elsewhere();
  CHECK(answer);
  CHECK(shared.requested());
  CHECK(host.polls == 2);  // not asked again

  SharedInterrupt alone(nullptr);
  CHECK_FALSE(alone.requested());
  alone.stop();
  CHECK(alone.requested());
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("a child forked after threads were used does its tasks serially and does not hang") {
  REQUIRE(begun({4, nullptr}, 10) == ones(10));  // the pool of threads now exists
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    _exit(begun({4, nullptr}, 10) == ones(10) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

}  // namespace ipgd
