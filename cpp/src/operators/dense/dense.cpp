#include "ipgd/operators/dense/dense.hpp"

#include <atomic>

#include "ipgd/base/normal.hpp"
#include "ipgd/operators/dense/stored.hpp"

namespace ipgd {
namespace {

template <class Storage, class Sum>
class Dense final : public Stored<RowStore<Storage>, Sum, DenseOperator> {
  using Base = Stored<RowStore<Storage>, Sum, DenseOperator>;
  using Base::a_, Base::layout_;

 public:
  Dense(Index measurements, const Layout& layout)
      : Base(layout, RowStore<Storage>(measurements, layout.entries())) {}

  // The store, then what set_rows and fill_gaussian found out about it.
  Index content_size() const noexcept override { return a_.nbytes() + kOwnBytes; }
  void copy_out(unsigned char* to) const override {
    const double own[] = {largest_, entry_unit_};
    a_.copy_out(to);
    std::memcpy(to + a_.nbytes(), own, kOwnBytes);
  }
  void take_in(const unsigned char* from) override {
    double own[2];
    a_.take_in(from);
    std::memcpy(own, from + a_.nbytes(), kOwnBytes);
    largest_ = own[0], entry_unit_ = own[1];
  }

  double entry_unit() const noexcept override { return entry_unit_; }

  bool set_rows(Index begin, Index count, const double* A, const Execution& execution) override {
    const Index size = layout_.rows() * layout_.cols(), entries = a_.entries();
    Buffer<double> stored(checked_product({count, entries}));
    std::atomic<bool> exact{true};
    parallel_for(execution, count, [&](Index i) noexcept {
      layout_.compress(A + i * size, stored.data() + i * entries);
      if (!a_.set(begin + i, stored.data() + i * entries)) exact = false;
    });
    for (Index i = 0; i < count; ++i)
      largest_ = std::max(largest_, RowStore<Storage>::kScaled
                                        ? a_.scale(begin + i)
                                        : largest_magnitude(stored.data() + i * entries, entries));
    entry_unit_ = power_of_two(largest_);
    return exact;
  }

  void fill_gaussian(std::uint64_t key, const Execution& execution) override {
    entry_unit_ = RowStore<Storage>::kScaled ? power_of_two(normal_int8_step()) : 1.0;
    parallel_for(execution, a_.rows(), [&](Index i) noexcept {
      constexpr Index kTile = 1024;
      float z[kTile];
      for (Index j = 0; j < a_.entries(); j += kTile) {
        const Index n = std::min(kTile, a_.entries() - j);
        fill_normal(key, static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(j), n, z);
        a_.set_normal(i, j, n, z);
      }
    });
  }

  void get_rows(Index begin, Index count, double* A) const override {
    Buffer<double> stored(a_.entries());
    for (Index i = 0; i < count; ++i) {
      a_.get(begin + i, stored.data());
      layout_.expand(stored.data(), A + i * layout_.rows() * layout_.cols());
    }
  }

  void get_stored(Index i, double* entries) const override { a_.get(i, entries); }

 private:
  static constexpr Index kOwnBytes = 2 * sizeof(double);
  double largest_ = 0, entry_unit_ = 1;
};

template <class Storage>
std::unique_ptr<DenseOperator> with_sums(Index m, const Layout& layout, const std::string& sums) {
  if (sums == "float64") return std::make_unique<Dense<Storage, double>>(m, layout);
  if constexpr (!std::is_same_v<Storage, double>)
    if (sums == "float32") return std::make_unique<Dense<Storage, float>>(m, layout);
  throw InvalidArgument("sums",
                        std::is_same_v<Storage, double> ? "'float64'" : "'float64' or 'float32'",
                        "'" + sums + "'");
}

// f(a value of the number type called `storage`)
template <class F>
auto with_storage(const std::string& storage, const F& f) {
  if (storage == "float64") return f(double{});
  if (storage == "float32") return f(float{});
  if (storage == "bfloat16") return f(BFloat16{});
  if (storage == "int8") return f(std::int8_t{});
  throw InvalidArgument("dtype", "'float64', 'float32', 'bfloat16' or 'int8'", "'" + storage + "'");
}

}  // namespace

std::unique_ptr<DenseOperator> make_dense(Index measurements, const Layout& layout,
                                          const std::string& storage, const std::string& sums) {
  return with_storage(storage, [&](auto number) {
    return with_sums<decltype(number)>(measurements, layout, sums);
  });
}

Index dense_nbytes(Index measurements, const Layout& layout, const std::string& storage) {
  return with_storage(storage, [&](auto number) {
    return RowStore<decltype(number)>::nbytes(measurements, layout.entries());
  });
}

}  // namespace ipgd
