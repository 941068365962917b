#include "ipgd/operators/dense/gram.hpp"

#include "operators/dense/dense_cases.hpp"

namespace ipgd {

using namespace test;

namespace {

Gram gram_of(const DenseOperator& A, const std::vector<Numbers>& y, int n_threads = 1) {
  std::vector<const double*> pointers;
  for (const Numbers& values : y) pointers.push_back(values.data());
  return gram(A, static_cast<Index>(y.size()), pointers.data(), {n_threads, nullptr});
}

Numbers domain_element(const DenseOperator& A, std::uint64_t stream) {
  return A.symmetric() ? symmetric_normals(A.rows(), stream) : normals(A.rows() * A.cols(), stream);
}

double square(double x) { return x * x; }

/// R(Theta) - z has the A*(r) and, with the rest, the norm of A(Theta) - y by the plain loops.
void check_equivalence(const DenseOperator& A, const Numbers& y) {
  const Gram reduced = gram_of(A, {y});
  REQUIRE(reduced.measurements.size() == 1);
  const ReducedMeasurements& measurements = reduced.measurements[0];
  REQUIRE(length(measurements.z) == reduced.op->measurements());
  const reference::Operator loops = plain(A);
  for (const std::uint64_t stream : {2u, 3u}) {
    const Numbers X = domain_element(A, stream);
    const auto expected = reference::residual_adjoint(loops, X, y);
    const auto small = residual_adjoint(*reduced.op, X, measurements.z);
    CHECK(relative_error(small.gradient, expected.gradient) < 1e-12);
    CHECK(inner(small.residual, small.residual) + square(measurements.rest) ==
          doctest::Approx(inner(expected.residual, expected.residual)).epsilon(1e-12));
  }
}

const Layout kLayouts[] = {Layout::symmetric(7, std::sqrt(2.0)), Layout::symmetric(7, 1.0),
                           Layout::rectangular(4, 6)};

std::unique_ptr<DenseOperator> dense(const Layout& layout, Index m, const Numbers& A) {
  auto op = make_dense(m, layout, "float64", "float64");
  REQUIRE(op->set_rows(0, m, A.data(), {}));
  return op;
}

/// Rows that repeat after `distinct`.
std::unique_ptr<DenseOperator> repeating(const Layout& layout, Index m, Index distinct) {
  const Index size = layout.rows() * layout.cols();
  Numbers A;
  for (Index i = 0; i < m; ++i) {
    const auto stream = static_cast<std::uint64_t>(100 + i % distinct);
    const Numbers row =
        layout.is_symmetric() ? symmetric_normals(layout.rows(), stream) : normals(size, stream);
    A.insert(A.end(), row.begin(), row.end());
  }
  return dense(layout, m, A);
}

}  // namespace

TEST_CASE("a Gram has the gradients and, with the rest, the losses of its operator") {
  for (const Layout& layout : kLayouts) {
    const Index p = layout.entries();
    // Fewer measurements than entries, as many, more, and several stretches of 3 (p + 1).
    for (const Index m :
         {Index{1}, Index{10}, p - 1, p, p + 1, 2 * p, 3 * p + 3, 3 * p + 4, 10 * p}) {
      CAPTURE(p);
      CAPTURE(m);
      check_equivalence(*gaussian(m, layout), normals(m, 1));
    }
  }
}

TEST_CASE("a Gram of dependent or zero rows is as good") {
  for (const Layout& layout : kLayouts) {
    const Index size = layout.rows() * layout.cols();
    for (const Index m : {12, 28, 120}) {
      CAPTURE(m);
      check_equivalence(*repeating(layout, m, 5), normals(m, 1));
      Numbers A = plain(*gaussian(m, layout)).A;
      std::fill_n(A.begin() + 3 * size, size, 0.0);  // a row of zeros
      for (Index i = 0; i < m; ++i)
        A[static_cast<std::size_t>(i * size)] = 0;  // an entry never met
      check_equivalence(*dense(layout, m, A), normals(m, 1));
    }
  }
}

TEST_CASE_TEMPLATE("a Gram takes any storage", Case, IPGD_ALL_DENSE) {
  for (const Index m : {20, 200}) check_equivalence(*Case::make(m, 7), normals(m, 1));
}

TEST_CASE("measurements that some Theta explains leave no rest, and its loss is zero to rounding") {
  for (const Layout& layout : kLayouts)
    for (const Index m : {Index{10}, layout.entries(), 10 * layout.entries()}) {
      CAPTURE(m);
      const auto A = gaussian(m, layout);
      const Numbers X = domain_element(*A, 2), y = forward(*A, X);
      const Gram reduced = gram_of(*A, {y});
      // A few 1e-16 per reflection of y; A*A itself would leave 1e-8.
      CHECK(reduced.measurements[0].rest < 3e-15 * norm(y));
      CHECK(norm(minus(forward(*reduced.op, X), reduced.measurements[0].z)) < 3e-15 * norm(y));
    }
}

TEST_CASE("fewer independent measurements than entries leave no rest of any y") {
  const auto A = gaussian(10, Layout::rectangular(4, 6));
  CHECK(gram_of(*A, {normals(10, 1)}).measurements[0].rest == 0);
}

TEST_CASE("losses near the solution keep their digits") {
  const Index m = 200;
  const auto A = gaussian(m, Layout::rectangular(4, 6));
  const Numbers X = normals(24, 2), D = normals(24, 3), y = forward(*A, X);
  const Gram reduced = gram_of(*A, {y});
  const ReducedMeasurements& measurements = reduced.measurements[0];
  for (const double distance : {1e-2, 1e-5, 1e-8}) {
    const Numbers near = minus(X, scaled(distance, D));
    const double found =
        std::hypot(norm(minus(forward(*reduced.op, near), measurements.z)), measurements.rest);
    // ||A(Theta) - y|| is rounded to 1e-15 ||y||.
    CHECK(std::abs(found - distance * norm(forward(*A, D))) < 1e-14 * norm(y));
  }
}

TEST_CASE("a Gram of rows of any size is that of ordinary ones, times a power of two") {
  const Index m = 60, p = 24;  // squares of the entries overflow and underflow
  const Layout layout = Layout::rectangular(4, 6);
  const Numbers A = plain(*gaussian(m, layout)).A, y = normals(m, 1), X = normals(p, 2);
  const Gram ordinary = gram_of(*dense(layout, m, A), {y});
  for (const int exponent : {-600, -3, 3, 600}) {
    const double factor = std::ldexp(1.0, exponent);
    const Gram other = gram_of(*dense(layout, m, scaled(factor, A)), {y});
    CHECK(same_bits(other.measurements[0].z, ordinary.measurements[0].z));
    CHECK(other.measurements[0].rest == ordinary.measurements[0].rest);
    CHECK(same_bits(forward(*other.op, X), scaled(factor, forward(*ordinary.op, X))));
  }
}

TEST_CASE("a Gram describes itself and is smaller than its operator") {
  const auto A = symmetric_gaussian(1200, 20);  // p = 210
  const Gram reduced = gram_of(*A, {});
  const StoredOperator& R = *reduced.op;
  CHECK(reduced.measurements.empty());
  CHECK(R.measurements() == 224);
  CHECK(R.rows() == 20);
  CHECK(R.cols() == 20);
  CHECK(R.symmetric());
  CHECK(std::string(R.storage()) == "float64");
  CHECK(std::string(R.sums()) == "float64");
  CHECK(R.nbytes() == gram_nbytes(1200, 210));
  // Blocks of 16 rows and lines of 8 entries: up to 22 entries more a row.
  CHECK(R.nbytes() >= 210 * 211 / 2 * 8);
  CHECK(R.nbytes() <= 210 * 211 / 2 * 8 + 224 * 22 * 8);
  CHECK(gram_work_nbytes(1200, 210, 2) == 3 * 211 * 212 * 8 + R.nbytes());
  CHECK_FALSE(rectangular_gaussian(20, 3, 4)->symmetric());
  CHECK_FALSE(gram_of(*rectangular_gaussian(20, 3, 4), {}).op->symmetric());
}

TEST_CASE("a Gram has the same bits for every number of threads, alone or with other y") {
  struct Shape {
    Index m, rows, cols;
  };
  // Small; large enough for threads, with fewer measurements than entries and in two stretches.
  for (const Shape& shape : {Shape{150, 9, 17}, Shape{320, 20, 20}, Shape{1000, 11, 21}}) {
    const Index m = shape.m;
    CAPTURE(m);
    const auto A = gaussian(m, Layout::rectangular(shape.rows, shape.cols));
    const std::vector<Numbers> y = {normals(m, 1), normals(m, 2), normals(m, 3)};
    const Numbers X = normals(shape.rows * shape.cols, 4);
    const Gram first = gram_of(*A, y);
    const auto check_same = [&](const Gram& other, const std::vector<std::size_t>& which) {
      CHECK(other.op->read({}) == first.op->read({}));
      CHECK(same_bits(forward(*other.op, X), forward(*first.op, X)));
      REQUIRE(other.measurements.size() == which.size());
      for (std::size_t k = 0; k < which.size(); ++k) {
        const ReducedMeasurements& expected = first.measurements[which[k]];
        CHECK(same_bits(other.measurements[k].z, expected.z));
        CHECK(same_bits(&other.measurements[k].rest, &expected.rest, 1));
      }
    };
    for (const int n_threads : kThreadCounts) check_same(gram_of(*A, y, n_threads), {0, 1, 2});
    check_same(gram_of(*A, {}), {});
    for (const std::size_t k : {0u, 1u, 2u}) check_same(gram_of(*A, {y[k]}, 2), {k});
    check_same(gram_of(*A, {y[2], y[0]}), {2, 0});
  }
}

TEST_CASE("passes over a Gram of several chunks have the same bits for all threads and batches") {
  const Index m = 600, d = 33, batch = 3;
  const Gram reduced = gram_of(*symmetric_gaussian(m, d), {normals(m, 1)});
  const StoredOperator& R = *reduced.op;
  REQUIRE_FALSE(R.is_small());
  const Numbers& z = reduced.measurements[0].z;
  std::vector<Numbers> X, r, G;
  std::vector<ThetaView> views;
  std::vector<double*> r_out, G_out;
  const std::vector<const double*> z_in(batch, z.data());
  for (Index k = 0; k < batch; ++k) {
    X.push_back(symmetric_normals(d, static_cast<std::uint64_t>(k)));
    r.emplace_back(z.size());
    G.emplace_back(X.back().size());
  }
  for (std::size_t k = 0; k < X.size(); ++k) {
    views.push_back(ThetaView::assembled(X[k].data(), d, d));
    r_out.push_back(r[k].data());
    G_out.push_back(G[k].data());
  }
  for (const int n_threads : kThreadCounts) {
    R.residual_adjoint(batch, views.data(), z_in.data(), r_out.data(), G_out.data(),
                       *R.workspace(batch), {n_threads, nullptr});
    for (std::size_t k = 0; k < X.size(); ++k) {
      const auto alone = residual_adjoint(R, X[k], z, n_threads);
      CHECK(same_bits(alone.residual, r[k]));
      CHECK(same_bits(alone.gradient, G[k]));
      const auto serial = residual_adjoint(R, X[k], z);
      CHECK(same_bits(serial.residual, r[k]));
      CHECK(same_bits(serial.gradient, G[k]));
    }
  }
}

TEST_CASE("a Gram can be interrupted while it is computed") {
  const auto A = symmetric_gaussian(200, 7);
  for (const Index allowed : {0, 5, 14, 15}) {
    StopAfter stop(allowed);
    CHECK_THROWS_AS(gram(*A, 0, nullptr, {1, &stop}), Interrupted);
  }
}

}  // namespace ipgd
