// 64-byte aligned, fixed-size storage: one cache line, one AVX-512 register.
#pragma once

#include <algorithm>
#include <memory>
#include <new>

#include "ipgd/base/size.hpp"

namespace ipgd {

inline constexpr Index kAlignment = 64;

/// Asks the system for large pages under a large array, where it leaves that to the program.
void advise_huge_pages(void* data, std::size_t bytes) noexcept;

template <class T>
class Buffer {
 public:
  Buffer() = default;
  /// n values, uninitialised. Throws std::length_error or std::bad_alloc.
  explicit Buffer(Index n) : data_(allocate(n)), size_(n) {}

  static Buffer zeros(Index n) {
    Buffer buffer(n);
    std::fill_n(buffer.data(), n, T{});
    return buffer;
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  Index size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(T* p) const noexcept {
      ::operator delete(p, std::align_val_t{static_cast<std::size_t>(kAlignment)});
    }
  };
  static T* allocate(Index n) {
    const auto bytes =
        static_cast<std::size_t>(checked_product({n, static_cast<Index>(sizeof(T))}));
    void* const data =
        ::operator new(bytes, std::align_val_t{static_cast<std::size_t>(kAlignment)});
    advise_huge_pages(data, bytes);
    return static_cast<T*>(data);
  }

  std::unique_ptr<T, Free> data_;
  Index size_ = 0;
};

}  // namespace ipgd
