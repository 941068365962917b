// The four dense operators, so that every test of one is a test of all.
#pragma once

#include "helpers.hpp"

namespace ipgd::test {

template <class Storage_, class Layout_>
struct DenseCase {
  using Storage = Storage_;
  using Layout = Layout_;
  using Type = Dense<Storage, Layout>;
  static constexpr bool kSymmetric = Layout::kSymmetric;
  static constexpr bool kSingle = sizeof(Storage) == sizeof(float);

  static Layout layout(Index d, double scale = 1.0) {
    if constexpr (kSymmetric) {
      return Layout(d, scale);
    } else {
      (void)scale;
      return Layout(d, d + 2);
    }
  }

  /// m full matrices that every storage keeps exactly: on the float32 grid, symmetric if need be.
  static Numbers matrices(Index m, Index d) {
    const Index size = d * layout(d).cols();
    Numbers A = normals(m * size, 1);
    if (kSymmetric)
      for (Index i = 0; i < m; ++i) mirror(A.data() + i * size, d);
    return A;
  }

  static Type make(const Numbers& A, Index m, Index d) {
    Type op(m, layout(d));
    REQUIRE(op.set_rows(0, m, A.data(), {}));
    return op;
  }
  static Type make(Index m, Index d) { return make(matrices(m, d), m, d); }

  /// A Theta in the operator's domain.
  static Numbers theta(Index d, std::uint64_t stream) {
    return kSymmetric ? symmetric_normals(d, stream) : normals(d * (d + 2), stream);
  }
};

using SymmetricDouble = DenseCase<double, SymmetricLayout>;
using SymmetricFloat = DenseCase<float, SymmetricLayout>;
using RectangularDouble = DenseCase<double, RectangularLayout>;
using RectangularFloat = DenseCase<float, RectangularLayout>;

#define IPGD_FOUR_DENSE                                                                         \
  ::ipgd::test::SymmetricDouble, ::ipgd::test::SymmetricFloat, ::ipgd::test::RectangularDouble, \
      ::ipgd::test::RectangularFloat

inline constexpr Index kDimensions[] = {1, 2, 7, 33};
inline constexpr Index kMeasurements[] = {1, 3, 1000};

}  // namespace ipgd::test

TYPE_TO_STRING(ipgd::test::SymmetricDouble);
TYPE_TO_STRING(ipgd::test::SymmetricFloat);
TYPE_TO_STRING(ipgd::test::RectangularDouble);
TYPE_TO_STRING(ipgd::test::RectangularFloat);
