#include "ipgd/base/execution.hpp"

#include <cfenv>
#include <thread>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "helpers.hpp"

namespace ipgd {
namespace {

/// How often parallel_for ran each index.
std::vector<int> visits(const Execution& execution, Index count) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(count));
  parallel_for(execution, count, [&](Index c) noexcept { ++counts[static_cast<std::size_t>(c)]; });
  return {counts.begin(), counts.end()};
}

std::vector<int> ones(Index count) { return std::vector<int>(static_cast<std::size_t>(count), 1); }

class Watch final : public Interrupt {
 public:
  bool requested() noexcept override {
    elsewhere_ = elsewhere_ || std::this_thread::get_id() != caller_;
    polled = true;
    return stop;
  }
  bool polled_elsewhere() const { return elsewhere_; }

  std::atomic<bool> polled{false};
  bool stop = false;

 private:
  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<bool> elsewhere_{false};
};

}  // namespace

TEST_CASE("parallel_for runs each index exactly once") {
  for (const int n_threads : test::kThreadCounts)
    for (const Index count : {0, 1, 2, 5, 1000})
      CHECK(visits({n_threads, nullptr}, count) == ones(count));
}

TEST_CASE("an interrupt ends parallel_for with Interrupted, which then works again") {
  for (const int n_threads : test::kThreadCounts) {
    Watch watch;
    watch.stop = true;
    std::atomic<Index> runs{0};
    constexpr Index count = 100;
    const auto body = [&](Index) noexcept {
      ++runs;
      while (!watch.polled) std::this_thread::yield();  // until the calling thread has had its turn
    };
    CHECK_THROWS_AS(parallel_for({n_threads, &watch}, count, body), Interrupted);
    CHECK(runs < count);
    CHECK_FALSE(watch.polled_elsewhere());
    CHECK(visits({n_threads, nullptr}, count) == ones(count));
  }
}

TEST_CASE("an interrupt that asks for nothing changes nothing and is polled by the caller only") {
  for (const int n_threads : test::kThreadCounts) {
    Watch watch;
    CHECK(visits({n_threads, &watch}, 1000) == ones(1000));
    CHECK_FALSE(watch.polled_elsewhere());
  }
}

TEST_CASE("poll throws exactly when the host asked to stop") {
  Watch watch;
  const Execution execution{1, &watch};
  CHECK_NOTHROW(execution.poll());
  watch.stop = true;
  CHECK_THROWS_AS(execution.poll(), Interrupted);
  CHECK_NOTHROW(Execution{}.poll());
}

TEST_CASE("the build reports the OpenMP it was compiled with") {
#ifdef _OPENMP
  CHECK(has_openmp());
  CHECK(default_threads() >= 1);
#else
  CHECK_FALSE(has_openmp());
  CHECK(default_threads() == 1);
#endif
}

#if defined(__unix__) || defined(__APPLE__)
TEST_CASE("a child forked after threads were used computes serially and does not hang") {
  REQUIRE(visits({4, nullptr}, 100) == ones(100));  // the pool of threads now exists
  CHECK_FALSE(in_forked_child());
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    _exit(in_forked_child() && visits({4, nullptr}, 100) == ones(100) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK_FALSE(in_forked_child());
}
#endif

TEST_CASE("every thread rounds as the caller does, and as before afterwards") {
  const auto third = [] {
    volatile double one = 1, three = 3;
    return one / three;
  };
  const double nearest = third();
  for (const int mode : {FE_UPWARD, FE_TONEAREST}) {
    REQUIRE(std::fesetround(mode) == 0);
    const double expected = third();
    std::atomic<int> others{0};
    parallel_for({4, nullptr}, 100, [&](Index) { others += third() != expected; });
    std::fesetround(FE_TONEAREST);
    CHECK((expected != nearest) == (mode == FE_UPWARD));
    CHECK(others == 0);
  }
}

TEST_CASE("the first exception of a body ends the loop and comes out on the calling thread") {
  for (const int n_threads : {1, 3}) {
    std::atomic<int> done{0};
    const auto body = [&](Index c) {
      if (c == 5) throw std::bad_alloc();
      ++done;
    };
    CHECK_THROWS_AS(parallel_for({n_threads, nullptr}, 1000000, body), std::bad_alloc);
    CHECK(done < 1000000 - 1);
    parallel_for({n_threads, nullptr}, 3, [&](Index) { ++done; });  // usable afterwards
  }
}

}  // namespace ipgd
