// Entries and rank-one measurements against the plain loops, and as adjoints of each other.
#include "operators/factored/factored_cases.hpp"

#include "ipgd/base/size.hpp"

namespace ipgd {

using namespace test;

namespace {

constexpr Index kDimensions[] = {1, 2, 7, 33};
constexpr Index kMeasurements[] = {1, 3, 1000};
constexpr Index kRanks[] = {1, 3, 8, 35};  // padding or none, and more than fits registers

/// f(made, theta) for all sizes; U Uᵀ where the operator is square.
template <class Case, class F>
void for_cases(const F& f) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements)
      for (const bool square : {true, false}) {
        if (Case::kSymmetric && !square) continue;
        const Made made = Case::make(m, d, square ? d : d + 2);
        for (const Index k : kRanks)
          for (const bool gram : {true, false}) {
            if (gram && !square) continue;
            CAPTURE(d);
            CAPTURE(m);
            CAPTURE(k);
            CAPTURE(gram);
            f(made, Factors(*made.op, k, gram, 3));
          }
      }
}

}  // namespace

TEST_CASE_TEMPLATE("factored operators agree with the plain loops", Case, IPGD_ALL_FACTORED) {
  for_cases<Case>([](const Made& made, const Factors& theta) {
    const Operator& op = *made.op;
    const reference::Operator loops = made.plain();
    const Numbers y = normals(op.measurements(), 4);
    CHECK(relative_error(forward(op, theta.view()), reference::forward(loops, theta.theta())) <
          1e-12);
    const auto fused = reference::residual_adjoint(loops, theta.theta(), y);
    auto expected = reference::cotangent(fused.gradient, theta.L, theta.right(), loops.d1, loops.d2,
                                         as_int(theta.k));
    const Evaluated actual = evaluate(op, theta, y);
    CHECK(relative_error(actual.residual, fused.residual) < 1e-12);
    if (theta.gram())  // (G + Gᵀ) U
      for (std::size_t j = 0; j < expected.left.size(); ++j) expected.left[j] += expected.right[j];
    else
      CHECK(relative_error(actual.right, expected.right) < 1e-12);
    CHECK(relative_error(actual.left, expected.left) < 1e-12);
  });
}

TEST_CASE_TEMPLATE("factored operators on assembled matrices agree with the plain loops", Case,
                   IPGD_ALL_FACTORED) {
  for (const Index d : kDimensions)
    for (const Index m : kMeasurements) {
      CAPTURE(d);
      CAPTURE(m);
      const Made made = Case::make(m, d, Case::kSymmetric ? d : d + 2);
      const Operator& op = *made.op;
      const reference::Operator loops = made.plain();
      const Numbers X = Case::kSymmetric ? symmetric_normals(d, 5) : normals(d * op.cols(), 5);
      const Numbers y = normals(m, 6);
      CHECK(relative_error(forward(op, X), reference::forward(loops, X)) < 1e-12);
      const Numbers G = adjoint(op, y);
      CHECK(relative_error(G, reference::adjoint(loops, y)) < 1e-12);
      if (Case::kSymmetric) {
        Numbers mirrored = G;
        mirror(mirrored.data(), d);
        CHECK(same_bits(G, mirrored));
      }
      const auto fused = residual_adjoint(op, X, y);
      const auto expected = reference::residual_adjoint(loops, X, y);
      CHECK(relative_error(fused.residual, expected.residual) < 1e-12);
      CHECK(relative_error(fused.gradient, expected.gradient) < 1e-12);
    }
}

TEST_CASE_TEMPLATE("measuring and adjoint_times are adjoint", Case, IPGD_ALL_FACTORED) {
  for_cases<Case>([](const Made& made, const Factors& theta) {
    const Operator& op = *made.op;
    const Numbers r = normals(op.measurements(), 4), y = forward(op, theta.view());
    Numbers left(theta.L.size()), right(theta.right().size());
    adjoint_times(op, r.data(), theta.right().data(), theta.k, false, left.data(), {});
    adjoint_times(op, r.data(), theta.L.data(), theta.k, true, right.data(), {});
    // <A(L Rᵀ), r> = <L, A*(r) R> = <R, A*(r)ᵀ L>
    const double tolerance = 1e-13 * norm(y) * norm(r);
    CHECK(std::abs(inner(y, r) - inner(theta.L, left)) <= tolerance);
    CHECK(std::abs(inner(y, r) - inner(theta.right(), right)) <= tolerance);
  });
}

TEST_CASE("adjoint_times of a dense operator is its back-projection times the factor") {
  const Index m = 30, d = 5, k = 3;
  const auto op = rectangular_gaussian(m, d, d + 2);
  const Numbers r = normals(m, 1), L = normals(d * k, 2), R = normals((d + 2) * k, 3);
  const auto expected =
      reference::cotangent(adjoint(*op, r), L, R, as_int(d), as_int(d + 2), as_int(k));
  Numbers left(L.size()), right(R.size());
  adjoint_times(*op, r.data(), R.data(), k, false, left.data(), {});
  adjoint_times(*op, r.data(), L.data(), k, true, right.data(), {});
  CHECK(relative_error(left, expected.left) < 1e-14);
  CHECK(relative_error(right, expected.right) < 1e-14);
}

TEST_CASE_TEMPLATE("the leading singular triplet of a back-projection", Case, IPGD_ALL_FACTORED) {
  const Index d = 7, m = 100;
  const Made made = Case::make(m, d, Case::kSymmetric ? d : d + 2);
  const Operator& op = *made.op;
  const Numbers r = normals(m, 3), G = adjoint(op, r);
  const ConstMatrixMap matrix(G.data(), d, op.cols());
  const SingularTriplet top = leading_triplet(op, r.data(), 1e-12, {});
  // The matrix itself is small: its Gram matrix's power tells the norm.
  Matrix power = matrix.transpose() * matrix;
  const double scale = power.norm();
  power /= scale;
  double logarithm = std::log(scale), weight = 1;
  for (int i = 0; i < 40; ++i) {
    power = (power * power).eval();
    const double size = power.norm();
    power /= size;
    weight /= 2;
    logarithm += weight * std::log(size);
  }
  CHECK(top.sigma == doctest::Approx(std::exp(logarithm / 2)).epsilon(1e-8));
  CHECK((matrix * top.v - top.sigma * top.u).norm() < 1e-12 * top.sigma);
  const Numbers zero(r.size());
  CHECK(leading_triplet(op, zero.data(), 1e-12, {}).sigma == 0);
}

TEST_CASE("factored operators describe themselves") {
  const Made sampled = EntriesCase::make(12, 3, 5), symmetric = SymmetricRankOne::make(12, 3, 3),
             rectangular = FloatRankOne::make(12, 3, 5);
  for (const Made* made : {&sampled, &symmetric, &rectangular}) {
    CHECK(made->op->capabilities().factored);
    CHECK(made->op->is_small());
    CHECK(made->op->measurements() == 12);
    CHECK(made->op->rows() == 3);
  }
  CHECK(sampled.op->cols() == 5);
  CHECK(symmetric.op->cols() == 3);
  CHECK(rectangular.op->cols() == 5);
  CHECK_FALSE(sampled.op->symmetric());
  CHECK(symmetric.op->symmetric());
  CHECK_FALSE(rectangular.op->symmetric());
  CHECK(symmetric.op->nbytes() == 12 * 64);
  CHECK(rectangular.op->nbytes() == 2 * 12 * 64);
  CHECK(std::string(symmetric.op->storage()) == "float64");
  CHECK(std::string(rectangular.op->storage()) == "float32");
  CHECK_THROWS_AS(make_rank_one(3, 4, 0, "int8"), InvalidArgument);
}

TEST_CASE("the vectors of rank-one measurements come back as they were set") {
  const Made made = RankOne::make(5, 3, 4);
  const auto& op = dynamic_cast<const RankOneOperator&>(*made.op);
  Numbers a(2 * 3), b(2 * 4);
  op.get_rows(1, 2, false, a.data());
  op.get_rows(1, 2, true, b.data());
  CHECK(same_bits(a.data(), made.X.data() + 3, 6));
  CHECK(same_bits(b.data(), made.Y.data() + 4, 8));
  const auto narrow = make_rank_one(1, 2, 0, "float32");
  const double exact[] = {0.5, 2}, rounded[] = {0.5, 0.1};
  CHECK(narrow->set_rows(0, 1, false, exact, {}));
  CHECK_FALSE(narrow->set_rows(0, 1, false, rounded, {}));
}

TEST_CASE("tiles hold every entry once, by row and column, whatever the order given") {
  struct Sizes {
    Index rows, cols, count, row_blocks, col_blocks;
  };
  for (const Sizes& s : {Sizes{1, 1, 5, 1, 1}, Sizes{40, 30, 100, 1, 1}, Sizes{2, 300, 40000, 2, 3},
                         Sizes{300, 2, 40000, 3, 2}, Sizes{200, 201, 40000, 3, 3},
                         Sizes{200000, 3, 10, 1, 1}, Sizes{200000, 3, 500000, 8, 3}}) {
    CAPTURE(s.rows);
    CAPTURE(s.cols);
    const auto row = some_indices(s.count, s.rows, 1), col = some_indices(s.count, s.cols, 2);
    std::vector<Index> order(row.size());
    const Tiles tiles(s.rows, s.cols, s.count, row.data(), col.data(), order.data());
    CHECK(tiles.row_blocks.count == s.row_blocks);
    CHECK(tiles.col_blocks.count == s.col_blocks);
    CHECK(tiles.begin(0, 0) == 0);
    CHECK(tiles.end(s.row_blocks - 1, s.col_blocks - 1) == s.count);
    bool right = true;
    std::vector<int> seen(row.size());
    for (Index I = 0; I < s.row_blocks; ++I)
      for (Index J = 0; J < s.col_blocks; ++J)
        for (Index p = tiles.begin(I, J); p < tiles.end(I, J); ++p) {
          const auto i = static_cast<std::size_t>(order[static_cast<std::size_t>(p)]);
          ++seen[i];
          right = right && tiles.row(tiles.row_blocks.begin(I) + tiles.places()[p].row) == row[i] &&
                  tiles.col(tiles.col_blocks.begin(J) + tiles.places()[p].col) == col[i];
          if (p > tiles.begin(I, J)) {
            const auto before = static_cast<std::size_t>(order[static_cast<std::size_t>(p - 1)]);
            right = right && std::make_tuple(row[before], col[before], before) <
                                 std::make_tuple(row[i], col[i], i);
          }
        }
    CHECK(right);
    CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
    const EntriesOperator op(Tiles(s.rows, s.cols, s.count, row.data(), col.data(), order.data()));
    std::vector<std::int64_t> rows(row.size()), cols(row.size());
    op.get_indices(rows.data(), cols.data());
    bool same = true;
    for (std::size_t p = 0; p < row.size(); ++p) {
      const auto i = static_cast<std::size_t>(order[p]);
      same = same && rows[p] == row[i] && cols[p] == col[i];
    }
    CHECK(same);
  }
}

TEST_CASE("rows and columns without entries are neither read nor written where they are cleared") {
  for (const bool gram : {false, true})
    for (const bool some : {false, true}) {
      CAPTURE(gram);
      CAPTURE(some);
      const Made made = EntriesCase::make(12, 40, gram ? 40 : 50);
      const Operator& op = *made.op;
      REQUIRE(op.seen() != nullptr);
      Factors theta(op, 3, gram, 3);
      const Numbers y = normals(op.measurements(), 4);
      const reference::Operator loops = made.plain();
      const auto fused = reference::residual_adjoint(loops, theta.theta(), y);
      auto expected = reference::cotangent(fused.gradient, theta.L, theta.right(), loops.d1,
                                           loops.d2, as_int(theta.k));
      if (gram)
        for (std::size_t j = 0; j < expected.left.size(); ++j)
          expected.left[j] += expected.right[j];

      constexpr double kMark = 7;  // in the rows that are not to be written
      const auto marked = [kMark](Index rows, const std::vector<Index>& written) {
        Numbers out(static_cast<std::size_t>(3 * rows), kMark);
        for (const Index i : written) std::fill_n(out.begin() + 3 * i, 3, 1e3);
        return out;
      };
      std::vector<Index> rows = op.seen()->rows;
      if (gram) rows.insert(rows.end(), op.seen()->cols.begin(), op.seen()->cols.end());
      Numbers left = marked(op.rows(), rows), right = marked(op.cols(), op.seen()->cols);
      for (std::size_t j = 0; j < left.size(); ++j)
        if (left[j] == kMark) {
          CHECK(expected.left[j] == 0);
          expected.left[j] = kMark, theta.L[j] = NAN;
        }
      for (std::size_t j = 0; !gram && j < right.size(); ++j)
        if (right[j] == kMark) {
          CHECK(expected.right[j] == 0);
          expected.right[j] = kMark, theta.R[j] = NAN;
        }
      Numbers found(y.size());
      Residual residual{y.data(), found.data()};
      const ThetaView view = theta.view();
      const Cotangent out{left.data(), right.data(), op.seen()};
      if (some) {
        std::vector<Index> all(y.size());
        for (std::size_t p = 0; p < all.size(); ++p) all[p] = static_cast<Index>(p);
        op.residual_cotangent_rows({all.data(), op.measurements()}, view, residual, out,
                                   *op.rows_workspace(), {});
      } else {
        op.residual_cotangent(1, &view, &residual, &out, *op.workspace(1), {});
      }
      CHECK(relative_error(found, fused.residual) < 1e-12);
      CHECK(relative_error(left, expected.left) < 1e-12);
      if (!gram) CHECK(relative_error(right, expected.right) < 1e-12);
    }
}

TEST_CASE("indices out of range and absurd sizes are refused") {
  const std::int64_t good[] = {0, 2}, bad[] = {0, 3}, negative[] = {-1, 0};
  Index order[2];
  CHECK_NOTHROW(Tiles(3, 3, 2, good, good, order));
  CHECK_THROWS_AS(Tiles(3, 3, 2, bad, good, order), InvalidArgument);
  CHECK_THROWS_AS(Tiles(3, 3, 2, good, bad, order), InvalidArgument);
  CHECK_THROWS_AS(Tiles(3, 3, 2, good, negative, order), InvalidArgument);
  CHECK_THROWS_AS(Tiles(Index{1} << 27, 3, 2, good, good, order), InvalidArgument);
  CHECK_THROWS_AS(Tiles(3, 0, 2, good, good, order), InvalidArgument);
}

}  // namespace ipgd
