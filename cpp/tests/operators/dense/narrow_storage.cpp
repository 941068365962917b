// What bfloat16 and int8 storage and float32 sums do to the numbers.
#include <limits>

#include "ipgd/base/narrow.hpp"
#include "operators/dense/dense_cases.hpp"

namespace ipgd {

using namespace test;

namespace {

const Layout kLayouts[] = {Layout::symmetric(50, std::sqrt(2.0)), Layout::symmetric(50, 1.0),
                           Layout::rectangular(50, 52)};

/// The stored entries of A_i as the ensemble's definition gives them.
Numbers rounded_normals(const std::string& storage, std::uint64_t key, Index i, Index entries) {
  std::vector<float> z(static_cast<std::size_t>(entries));
  fill_normal(key, static_cast<std::uint64_t>(i), 0, entries, z.data());
  Numbers row;
  for (const float value : z) {
    const auto wide = static_cast<double>(value);
    if (storage == "bfloat16") {
      int exponent;  // 8 bits: wide = f 2^exponent with f in [1/2, 1), a multiple of 2^-8
      std::frexp(wide, &exponent);
      row.push_back(std::ldexp(std::nearbyint(std::ldexp(wide, 8 - exponent)), exponent - 8));
    } else {
      const double q = std::nearbyint(static_cast<double>(value * kNormalSteps));
      // int8 has no -0
      row.push_back(normal_int8_step() * std::min(std::max(q + 0.0, -127.0), 127.0));
    }
  }
  return row;
}

std::unique_ptr<DenseOperator> ensemble(Index m, const Layout& layout, const std::string& storage,
                                        const std::string& sums) {
  auto op = make_dense(m, layout, storage, sums);
  op->fill_gaussian(5, {});
  return op;
}

}  // namespace

TEST_CASE("Gaussian rows in narrow storage are the addressed normals, rounded") {
  const Index m = 3;  // of more entries than one tile of the fill
  for (const Layout& layout : kLayouts)
    for (const char* storage : {"bfloat16", "int8"})
      for (const char* sums : {"float64", "float32"}) {
        const auto op = make_dense(m, layout, storage, sums);
        op->fill_gaussian(5, {3, nullptr});
        const Index size = layout.rows() * layout.cols();
        Numbers stored(static_cast<std::size_t>(layout.entries()));
        Numbers full(static_cast<std::size_t>(size)), expected_full(full.size());
        for (Index i = 0; i < m; ++i) {
          const Numbers expected = rounded_normals(storage, 5, i, layout.entries());
          op->get_stored(i, stored.data());
          CHECK(same_bits(stored, expected));
          layout.expand(expected.data(), expected_full.data());
          op->get_rows(i, 1, full.data());
          CHECK(same_bits(full, expected_full));
        }
      }
}

TEST_CASE("ensembles on a narrow grid have mean 0 and variance 1") {
  const Index m = 200, entries = 1275;
  for (const char* storage : {"bfloat16", "int8"}) {
    const auto op = ensemble(m, kLayouts[0], storage, "float64");
    Numbers row(entries);
    double sum = 0, squares = 0;
    for (Index i = 0; i < m; ++i) {
      op->get_stored(i, row.data());
      for (const double value : row) sum += value, squares += value * value;
    }
    // Four standard deviations. bfloat16 adds 2^-18 / 3 or so to the variance, int8 nothing.
    const auto n = static_cast<double>(m * entries);
    CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
    CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
  }
}

TEST_CASE("given rows are kept to the precision of the storage") {
  const Index m = 20;
  for (const Layout& layout : {Layout::symmetric(9, 1.0), Layout::rectangular(9, 5)}) {
    const Index size = layout.rows() * layout.cols();
    Numbers A = normals(m * size, 1);
    for (Index i = 0; i < m; ++i) {  // rows of very different sizes, and no float32 numbers
      const double factor = std::pow(10.0, static_cast<double>(i % 7 - 3)) / 3;
      for (Index j = 0; j < size; ++j) A[static_cast<std::size_t>(i * size + j)] *= factor;
      if (layout.is_symmetric()) mirror(A.data() + i * size, layout.rows());
    }
    for (const char* storage : {"float32", "bfloat16", "int8"}) {
      CAPTURE(storage);
      const auto op = make_dense(m, layout, storage, "float64");
      CHECK_FALSE(op->set_rows(0, m, A.data(), {}));
      const Numbers kept = plain(*op).A;
      double worst = 0;  // error / bound
      for (Index i = 0; i < m; ++i) {
        double largest = 0;
        for (Index j = i * size; j < (i + 1) * size; ++j)
          largest = std::max(largest, std::abs(A[static_cast<std::size_t>(j)]));
        for (Index j = i * size; j < (i + 1) * size; ++j) {
          const double a = A[static_cast<std::size_t>(j)];
          // Half a unit of the last of 24 or 8 bits; half of max / 127.
          const double bound = op->storage() == std::string("float32")    ? 0x1p-24 * std::abs(a)
                               : op->storage() == std::string("bfloat16") ? 0x1p-8 * std::abs(a)
                                                                          : largest / 254;
          worst = std::max(worst, std::abs(kept[static_cast<std::size_t>(j)] - a) / bound);
        }
      }
      CHECK(worst <= 1 + 1e-13);  // the quotient by the int8 step is rounded
      CHECK(worst > 0.9);         // the bound is the one that is reached
    }
  }
}

TEST_CASE("operators of narrow ensembles agree with the plain loops on their rows") {
  const Index m = 1000, d = 33;
  for (const Layout& layout : {Layout::symmetric(d, std::sqrt(2.0)), Layout::rectangular(d, d + 2)})
    for (const char* storage : {"float32", "bfloat16", "int8"})
      for (const char* sums : {"float64", "float32"}) {
        CAPTURE(storage);
        CAPTURE(sums);
        const auto op = ensemble(m, layout, storage, sums);
        const reference::Operator loops = plain(*op);
        const Numbers X =
            layout.is_symmetric() ? symmetric_normals(d, 2) : normals(d * layout.cols(), 2);
        const Numbers y = normals(m, 3);
        // float64: sums of 1000 terms. float32: x, r and g are rounded to 24 bits, which is 3e-8
        // of each; sums of at most 512 / 16 terms a lane, and of 125 rows a chunk, add a few more
        // such errors that mostly cancel.
        const double rounding = sums == std::string("float64") ? 1e-14 : 5e-7;
        const auto fused = residual_adjoint(*op, X, y);
        const auto expected = reference::residual_adjoint(loops, X, y);
        CHECK(relative_error(fused.residual, expected.residual) < rounding);
        CHECK(relative_error(fused.gradient, expected.gradient) < rounding);
        CHECK(relative_error(forward(*op, X), reference::forward(loops, X)) < rounding);
        CHECK(relative_error(adjoint(*op, y), reference::adjoint(loops, y)) < rounding);
        if (sums == std::string("float32"))  // float32 sums they are
          CHECK(relative_error(forward(*op, X), reference::forward(loops, X)) > 1e-9);
      }
}

TEST_CASE("a pair of storage and sums that does not exist is refused by name") {
  const Layout layout = Layout::symmetric(3, 1.0);
  for (const char* storage : {"float16", "double", "", "Float64", "int16"}) {
    const std::string message =
        "dtype: expected 'float64', 'float32', 'bfloat16' or 'int8', got '" + std::string(storage) +
        "'";
    CHECK_THROWS_WITH_AS(make_dense(2, layout, storage, "float64"), message.c_str(),
                         InvalidArgument);
    CHECK_THROWS_WITH_AS(dense_nbytes(2, layout, storage), message.c_str(), InvalidArgument);
  }
  CHECK_THROWS_WITH_AS(make_dense(2, layout, "float64", "float32"),
                       "sums: expected 'float64', got 'float32'", InvalidArgument);
  for (const char* storage : {"float32", "bfloat16", "int8"})
    CHECK_THROWS_WITH_AS(make_dense(2, layout, storage, "bfloat16"),
                         "sums: expected 'float64' or 'float32', got 'bfloat16'", InvalidArgument);
}

TEST_CASE("storage that no address space holds is refused before it is allocated") {
  const Layout layout = Layout::rectangular(Index{1} << 20, Index{1} << 20);
  for (const char* storage : {"float64", "float32", "bfloat16", "int8"}) {
    CHECK_THROWS_AS(dense_nbytes(Index{1} << 40, layout, storage), std::length_error);
    CHECK_THROWS_AS(make_dense(Index{1} << 40, layout, storage, "float64"), std::length_error);
  }
  const Layout wide = Layout::rectangular(Index{1} << 31, Index{1} << 32);  // a row overflows
  CHECK_THROWS_AS(dense_nbytes(1, wide, "int8"), std::length_error);
  CHECK_THROWS_AS(
      dense_nbytes(1, Layout::symmetric(std::numeric_limits<Index>::max() / 2, 1.0), "int8"),
      std::length_error);
  // A petabyte is a number. Rows of an odd number of lines.
  CHECK(dense_nbytes(1000, layout, "int8") == 1000 * ((Index{1} << 40) + 64 + 8));
  CHECK(dense_nbytes(1000, layout, "bfloat16") == 1000 * ((Index{1} << 41) + 64));
}

}  // namespace ipgd
