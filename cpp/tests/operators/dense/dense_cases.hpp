// All dense operators, so that every test of one is a test of all.
#pragma once

#include "helpers.hpp"
#include "ipgd/base/widen.hpp"

namespace ipgd::test {

template <class Storage, class Sum, bool kSymmetric_>
struct DenseCase {
  static constexpr bool kSymmetric = kSymmetric_;
  static constexpr bool kSingleSums = std::is_same_v<Sum, float>;
  static constexpr Index kBytes = sizeof(Storage);
  /// Sums of 1000 terms, relative to the size of the terms.
  static constexpr double kRounding = kSingleSums ? 1e-5 : 1e-12;

  static const char* storage() {
    return kBytes == 8 ? "float64" : kBytes == 4 ? "float32" : kBytes == 2 ? "bfloat16" : "int8";
  }
  static const char* sums() { return kSingleSums ? "float32" : "float64"; }
  static Layout layout(Index d, double scale = 1.0) {
    return kSymmetric ? Layout::symmetric(d, scale) : Layout::rectangular(d, d + 2);
  }
  /// m measurements, not yet set.
  static std::unique_ptr<DenseOperator> empty(Index m, Index d, double scale = 1.0) {
    return make_dense(m, layout(d, scale), storage(), sums());
  }

  /// m full matrices that every storage keeps exactly: multiples of 1/16 below 7.9, symmetric if
  /// need be.
  static Numbers matrices(Index m, Index d) {
    const Index size = d * layout(d).cols();
    Numbers A = normals(m * size, 1);
    for (double& a : A) a = std::nearbyint(16 * a) / 16 + 0.0;  // int8 has no -0
    if (kSymmetric)
      for (Index i = 0; i < m; ++i) mirror(A.data() + i * size, d);
    return A;
  }

  static std::unique_ptr<DenseOperator> make(const Numbers& A, Index m, Index d) {
    auto op = empty(m, d);
    REQUIRE(op->set_rows(0, m, A.data(), {}));
    return op;
  }
  static std::unique_ptr<DenseOperator> make(Index m, Index d) {
    return make(matrices(m, d), m, d);
  }

  /// A Theta in the operator's domain.
  static Numbers theta(Index d, std::uint64_t stream) {
    return kSymmetric ? symmetric_normals(d, stream) : normals(d * (d + 2), stream);
  }
};

using SymmetricDouble = DenseCase<double, double, true>;
using RectangularDouble = DenseCase<double, double, false>;
using SymmetricFloat = DenseCase<float, double, true>;
using RectangularFloat = DenseCase<float, double, false>;
using SymmetricSingle = DenseCase<float, float, true>;
using RectangularSingle = DenseCase<float, float, false>;
using SymmetricBFloat16 = DenseCase<BFloat16, double, true>;
using SymmetricBFloat16Single = DenseCase<BFloat16, float, true>;
using SymmetricInt8 = DenseCase<std::int8_t, double, true>;
using SymmetricInt8Single = DenseCase<std::int8_t, float, true>;
using RectangularInt8Single = DenseCase<std::int8_t, float, false>;

#define IPGD_ALL_DENSE                                                                          \
  ::ipgd::test::SymmetricDouble, ::ipgd::test::RectangularDouble, ::ipgd::test::SymmetricFloat, \
      ::ipgd::test::RectangularFloat, ::ipgd::test::SymmetricSingle,                            \
      ::ipgd::test::RectangularSingle, ::ipgd::test::SymmetricBFloat16,                         \
      ::ipgd::test::SymmetricBFloat16Single, ::ipgd::test::SymmetricInt8,                       \
      ::ipgd::test::SymmetricInt8Single, ::ipgd::test::RectangularInt8Single

inline constexpr Index kDimensions[] = {1, 2, 7, 33};
inline constexpr Index kMeasurements[] = {1, 3, 1000};

}  // namespace ipgd::test

TYPE_TO_STRING(ipgd::test::SymmetricDouble);
TYPE_TO_STRING(ipgd::test::RectangularDouble);
TYPE_TO_STRING(ipgd::test::SymmetricFloat);
TYPE_TO_STRING(ipgd::test::RectangularFloat);
TYPE_TO_STRING(ipgd::test::SymmetricSingle);
TYPE_TO_STRING(ipgd::test::RectangularSingle);
TYPE_TO_STRING(ipgd::test::SymmetricBFloat16);
TYPE_TO_STRING(ipgd::test::SymmetricBFloat16Single);
TYPE_TO_STRING(ipgd::test::SymmetricInt8);
TYPE_TO_STRING(ipgd::test::SymmetricInt8Single);
TYPE_TO_STRING(ipgd::test::RectangularInt8Single);
