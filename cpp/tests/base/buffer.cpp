#include "ipgd/base/buffer.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

#include "helpers.hpp"

namespace ipgd {
namespace {

template <class T>
bool aligned(const Buffer<T>& buffer) {
  return reinterpret_cast<std::uintptr_t>(buffer.data()) % kAlignment == 0;
}

}  // namespace

TEST_CASE("buffers of any size are aligned to a cache line") {
  for (Index n = 1; n < 200; ++n) {
    CHECK(aligned(Buffer<double>(n)));
    CHECK(aligned(Buffer<float>(n)));
  }
}

TEST_CASE("zeros are zero, and every entry can be written") {
  Buffer<double> buffer = Buffer<double>::zeros(33);
  REQUIRE(buffer.size() == 33);
  for (Index j = 0; j < 33; ++j) {
    CHECK(buffer.data()[j] == 0);
    buffer.data()[j] = 1;
  }
}

TEST_CASE("a swap exchanges memory and copies nothing") {
  Buffer<double> a(3), b(5);
  const double* const of_a = a.data();
  std::swap(a, b);
  CHECK(a.size() == 5);
  CHECK(b.data() == of_a);
}

TEST_CASE("a size in bytes that overflows is refused before allocation") {
  CHECK_THROWS_AS(Buffer<double>(std::numeric_limits<Index>::max() / 4), std::length_error);
  CHECK_THROWS_AS(Buffer<double>(-1), std::length_error);
}

}  // namespace ipgd
