// An operator that somebody else wrote: nothing but the contract.
#include <mutex>
#include <set>
#include <thread>

#include "algorithms/runs.hpp"
#include "ipgd/algorithms/trace_correction.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "objective/pairings.hpp"

namespace ipgd {

using namespace test;

namespace {

/// A reference::Operator behind the contract.
class Own : public Operator {
 public:
  explicit Own(reference::Operator A) : A_(std::move(A)) {}
  Index measurements() const noexcept override { return A_.m; }
  Index rows() const noexcept override { return A_.d1; }
  Index cols() const noexcept override { return A_.d2; }
  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace&,
               const Execution&) const override {
    const Assembled all(batch, theta);
    for (Index k = 0; k < batch; ++k) {
      REQUIRE(all[k].is_assembled());
      const Numbers y = reference::forward(A_, Numbers(all[k].left, all[k].left + A_.d1 * A_.d2));
      std::copy(y.begin(), y.end(), out[k]);
    }
  }
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace&,
               const Execution&) const override {
    for (Index k = 0; k < batch; ++k) {
      const Numbers sum = reference::adjoint(A_, Numbers(r[k], r[k] + A_.m));
      std::copy(sum.begin(), sum.end(), G[k]);
    }
  }

 protected:
  reference::Operator A_;
};

/// The same, which never forms Theta: <A_i, L Rᵀ> = sum_l (A_i R)_l . L_l.
class OwnFactored final : public Own {
 public:
  using Own::Own;
  Capabilities capabilities() const noexcept override {
    Capabilities able;
    able.dense = false;
    able.factored = true;
    return able;
  }
  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace&,
               const Execution&) const override {
    for (Index k = 0; k < batch; ++k) {
      const ThetaView& view = theta[k];
      REQUIRE_FALSE(view.is_assembled());
      for (int i = 0; i < A_.m; ++i) {
        out[k][i] = 0;
        for (int a = 0; a < A_.d1; ++a)
          for (int b = 0; b < A_.d2; ++b)
            for (Index l = 0; l < view.rank; ++l)
              out[k][i] +=
                  A_.at(i, a, b) * view.left[a * view.rank + l] * view.right[b * view.rank + l];
      }
    }
  }
  void adjoint(Index, const double* const*, double* const*, Workspace&,
               const Execution&) const override {
    FAIL("A*(r) was to be formed");
  }
  void cotangent(Index batch, const double* const* r, const ThetaView* at, const Cotangent* out,
                 Workspace&, const Execution&) const override {
    for (Index k = 0; k < batch; ++k) {
      Numbers G = reference::adjoint(A_, Numbers(r[k], r[k] + A_.m));
      apply_to_factors(G.data(), false, at[k], out[k], {});
    }
  }
};

/// Its second half lives elsewhere.
class Half final : public Operator {
 public:
  Half(const Operator& whole, const Numbers& y) : whole_(whole), y_(y) {}
  Index measurements() const noexcept override { return whole_.measurements() / 2; }
  Index total_measurements() const noexcept override { return whole_.measurements(); }
  Index rows() const noexcept override { return whole_.rows(); }
  Index cols() const noexcept override { return whole_.cols(); }
  void forward(Index, const ThetaView*, double* const*, Workspace&,
               const Execution&) const override {
    FAIL("not wanted by a step");
  }
  void adjoint(Index, const double* const*, double* const*, Workspace&,
               const Execution&) const override {
    FAIL("not wanted by a step");
  }
  void residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                          const Cotangent* out, Workspace&,
                          const Execution& execution) const override {
    for (Index k = 0; k < batch; ++k) {
      Residual& here = residuals[k];
      Numbers r(y_.size());
      Residual all{y_.data(), r.data(), here.function, y_.data()};
      whole_.residual_cotangent(1, theta + k, &all, out + k, *whole_.workspace(1), execution);
      std::copy_n(r.begin(), measurements(), here.r);
      here.totals = all.totals;
    }
  }
  Totals totals(const Residual& residual, const Execution& execution) const override {
    Numbers r(residual.r, residual.r + measurements());
    for (std::size_t i = r.size(); i < y_.size(); ++i) r.push_back(-y_[i]);  // at Theta = 0
    return whole_.totals({y_.data(), r.data(), residual.function, y_.data()}, execution);
  }

 private:
  const Operator& whole_;
  Numbers y_;
};

/// `inner`, of a problem with further measurements that live elsewhere and have A_i = 0.
class Part final : public Operator {
 public:
  Part(const Operator& inner, Index total) : inner_(inner), total_(total) {}
  Index measurements() const noexcept override { return inner_.measurements(); }
  Index total_measurements() const noexcept override { return total_; }
  Index rows() const noexcept override { return inner_.rows(); }
  Index cols() const noexcept override { return inner_.cols(); }
  bool symmetric() const noexcept override { return inner_.symmetric(); }
  Capabilities capabilities() const noexcept override { return inner_.capabilities(); }
  std::unique_ptr<Workspace> workspace(Index batch) const override {
    return inner_.workspace(batch);
  }
  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override {
    inner_.forward(batch, theta, out, workspace, execution);
  }
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override {
    inner_.adjoint(batch, r, G, workspace, execution);
  }
  void residual_cotangent_rows(const Rows& rows, const ThetaView& theta, Residual& residual,
                               const Cotangent& out, Workspace& workspace,
                               const Execution& execution) const override {
    std::vector<Index> here;
    for (Index j = 0; j < rows.count; ++j)
      if (rows.indices[j] < measurements()) here.push_back(rows.indices[j]);
    inner_.residual_cotangent_rows({here.data(), static_cast<Index>(here.size())}, theta, residual,
                                   out, workspace, execution);
  }

 private:
  const Operator& inner_;
  Index total_;
};

/// Notes which threads call it.
class OneThread final : public Operator {
 public:
  explicit OneThread(const Operator& inner) : inner_(inner) {}
  Index measurements() const noexcept override { return inner_.measurements(); }
  Index rows() const noexcept override { return inner_.rows(); }
  Index cols() const noexcept override { return inner_.cols(); }
  bool symmetric() const noexcept override { return inner_.symmetric(); }
  bool is_small() const noexcept override { return true; }
  Capabilities capabilities() const noexcept override {
    Capabilities able = inner_.capabilities();
    able.calling_thread_only = true;
    return able;
  }
  std::unique_ptr<Workspace> workspace(Index batch) const override {
    note();
    return inner_.workspace(batch);
  }
  void forward(Index batch, const ThetaView* theta, double* const* out, Workspace& workspace,
               const Execution& execution) const override {
    note();
    inner_.forward(batch, theta, out, workspace, execution);
  }
  void adjoint(Index batch, const double* const* r, double* const* G, Workspace& workspace,
               const Execution& execution) const override {
    note();
    inner_.adjoint(batch, r, G, workspace, execution);
  }
  std::unique_ptr<Workspace> rows_workspace() const override {
    note();
    return inner_.rows_workspace();
  }
  void residual_cotangent_rows(const Rows& rows, const ThetaView& theta, Residual& residual,
                               const Cotangent& out, Workspace& workspace,
                               const Execution& execution) const override {
    note();
    inner_.residual_cotangent_rows(rows, theta, residual, out, workspace, execution);
  }
  std::size_t other_threads() const {
    return threads_.size() - threads_.count(std::this_thread::get_id());
  }
  std::size_t calls() const { return calls_; }

 private:
  void note() const {
    const std::lock_guard lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    ++calls_;
  }
  const Operator& inner_;
  mutable std::mutex mutex_;
  mutable std::set<std::thread::id> threads_;
  mutable std::size_t calls_ = 0;
};

Numbers gradient(const Objective& objective, const Numbers& theta) {
  Evaluation at(objective);
  evaluate(objective, theta.data(), at);
  return {at.gradient.data(), at.gradient.data() + theta.size()};
}

}  // namespace

TEST_CASE("an operator that only has the contract's least is one like any other") {
  const auto built_in = rectangular_gaussian(30, 6, 8);
  const Own own(plain(*built_in));
  const OwnFactored factored(plain(*built_in));
  const AsymmetricFactor model(6, 8, 2);
  const Numbers y = normals(30, 1), theta = normals(model.size(), 2);
  const Huber huber(2);
  for (const Loss* loss : {static_cast<const Loss*>(nullptr), static_cast<const Loss*>(&huber)}) {
    const Objective expected(*built_in, model, y.data(), loss);
    Evaluation known(expected);
    evaluate(expected, theta.data(), known);
    for (const Operator* op :
         {static_cast<const Operator*>(&own), static_cast<const Operator*>(&factored)}) {
      const Objective objective(*op, model, y.data(), loss);
      Evaluation at(objective);
      evaluate(objective, theta.data(), at);
      CHECK(at.loss == doctest::Approx(known.loss).epsilon(1e-12));
      CHECK(at.residual_norm == doctest::Approx(known.residual_norm).epsilon(1e-12));
      CHECK(relative_error(gradient(objective, theta), gradient(expected, theta)) < 1e-12);

      const Algorithm descent = with_budget(gradient_descent(0.02), 200);
      const Numbers end = run(objective, descent, theta).theta;
      CHECK(relative_error(end, run(expected, descent, theta).theta) < 1e-9);
    }
  }
  const Numbers X = normals(48, 3);
  CHECK(relative_error(residual_adjoint(own, X, y).gradient,
                       residual_adjoint(*built_in, X, y).gradient) < 1e-12);
}

TEST_CASE("an operator without single measurements is refused by mini-batches") {
  const auto built_in = rectangular_gaussian(30, 6, 8);
  const Own own(plain(*built_in));
  const AsymmetricFactor model(6, 8, 2);
  const Algorithm sgd = on_mini_batches(gradient_descent(0.01), 5, false);
  CHECK_NOTHROW(sgd.check(model, *built_in));
  CHECK_THROWS_AS(sgd.check(model, own), InvalidArgument);
}

TEST_CASE("measurements that live elsewhere count in f, its gradient, f(0) and m") {
  const auto whole = rectangular_gaussian(30, 6, 8);
  const AsymmetricFactor model(6, 8, 2);
  const Numbers y = normals(30, 1), theta = normals(model.size(), 2);
  const Half half(*whole, y);
  const Huber huber(2);
  for (const Loss* loss : {static_cast<const Loss*>(nullptr), static_cast<const Loss*>(&huber)}) {
    const Objective expected(*whole, model, y.data(), loss), objective(half, model, y.data(), loss);
    Evaluation known(expected), at(objective);
    CHECK(at.residual.size() == 15);
    evaluate(expected, theta.data(), known);
    evaluate(objective, theta.data(), at);
    CHECK(at.loss == known.loss);
    CHECK(at.residual_norm == known.residual_norm);
    CHECK(same_bits(at.gradient.data(), known.gradient.data(), model.size()));
    Evaluation zero(objective);
    evaluate(objective, Numbers(theta.size()).data(), zero);
    CHECK(objective.reached(zero, 1));
    CHECK_FALSE(objective.reached(zero, 0.999));
    CHECK(objective.norm_y() == expected.norm_y());
  }
}

TEST_CASE("the m of what is recorded, sampled and corrected is that of the problem") {
  const Index m = 24, total = 40, d = 6;
  const auto built_in = symmetric_gaussian(m, d);
  Numbers A(to_size(total * d * d)), y = normals(m, 1);
  built_in->get_rows(0, m, A.data());
  y.resize(to_size(total));
  const auto whole = make_dense(total, Layout::symmetric(d, 1), "float64", "float64");
  whole->set_rows(0, total, A.data(), {});
  const Part part(*built_in, total);
  const SymmetricFactor model(d, 2);
  const Objective expected(*whole, model, y.data()), objective(part, model, y.data());
  const Numbers start = scaled(0.3, normals(model.size(), 2));

  Algorithm corrected = gradient_descent(0.02);
  corrected.direction = std::make_shared<TraceCorrectedDescent>();
  for (const Algorithm& algorithm :
       {gradient_descent(0.02), corrected, on_mini_batches(gradient_descent(0.02), 7, false),
        on_mini_batches(gradient_descent(0.02), 7, true),
        on_mini_batches(gradient_descent(0.02), 30, false)}) {
    CAPTURE(algorithm.direction->name());
    CAPTURE(algorithm.sampling.batch_size);
    const auto recorded = [&](const Objective& of) {
      Recorder recorder({"loss", "curvature", "epoch"}, 3, 1, model, false);
      const Result result = run(of, with_budget(algorithm, 20), start, recorder);
      return std::make_pair(result.theta, recorder.columns());
    };
    const auto [known, columns] = recorded(expected);
    const auto [found, ours] = recorded(objective);
    CHECK(relative_error(found, known) < 1e-12);
    CHECK(relative_error(start, known) > 1e-2);
    for (std::size_t c = 0; c < 3; ++c)
      CHECK(relative_error(ours[c].data, columns[c].data) < 1e-10);
  }
  // f is looked at once in ceil(40 / 7) = 6 steps
  Evaluation at(objective), zero(objective);
  evaluate(objective, start.data(), at);
  evaluate(objective, Numbers(start.size()).data(), zero);
  Algorithm sgd = on_mini_batches(gradient_descent(0.002), 7, false);
  sgd.stopping.relative_loss = (1 - 1e-9) * at.loss / zero.loss;
  CHECK(run(objective, sgd, start).outcome.iteration == 6);

  CHECK_THROWS_AS(on_mini_batches(gradient_descent(0.02), 41, false).check(model, part),
                  InvalidArgument);
  CHECK_NOTHROW(truncated_gradient_descent(0.02, 3).check(model, *whole));
  CHECK_THROWS_WITH_AS(truncated_gradient_descent(0.02, 3).check(model, part),
                       doctest::Contains("measurements live elsewhere"), InvalidArgument);
}

TEST_CASE("an operator for the calling thread is called from no other") {
  const auto inner = rectangular_gaussian(30, 6, 8);
  const OneThread op(*inner);
  const AsymmetricFactor model(6, 8, 2);
  const Numbers y = normals(30, 1);
  const Objective objective(op, model, y.data()), expected(*inner, model, y.data());
  for (const bool sgd : {false, true}) {
    Algorithm algorithm = with_budget(gradient_descent(0.01), 20);
    if (sgd) algorithm = on_mini_batches(algorithm, 5, false);
    constexpr std::size_t kRuns = 40;
    std::vector<Iterates> iterates;
    std::vector<Recorder> recorders;
    std::vector<RunInputs> inputs;
    iterates.reserve(kRuns);
    recorders.reserve(kRuns);
    for (std::size_t k = 0; k < kRuns; ++k) {
      const Numbers start = normals(model.size(), 10 + k);
      iterates.emplace_back(model.size());
      recorders.emplace_back(std::vector<std::string>{}, 1000, 1, model, false);
      std::copy(start.begin(), start.end(), iterates[k].current.data());
      inputs.push_back({objective, algorithm, iterates[k], nullptr, recorders[k], nullptr});
    }
    descend(inputs, {4, nullptr});
    CHECK(op.calls() > 20u);
    CHECK(op.other_threads() == 0u);
    const Numbers alone = run(expected, algorithm, normals(model.size(), 10 + kRuns - 1)).theta;
    CHECK(relative_error(Numbers(iterates.back().current.data(),
                                 iterates.back().current.data() + model.size()),
                         alone) < 1e-12);
  }
}

TEST_CASE("cotangents of a given residual are those of the pass that makes it") {
  for_pairings(1103, 9, 3, [&](const Pairing& p) {
    CAPTURE(p.name);
    const bool gram = p.model.symmetric();
    const Factors at(p.op, 3, gram, 7);
    const Numbers zero(to_size(p.op.measurements()));
    const Evaluated pass = evaluate(p.op, at, zero);
    const ThetaView view = at.view();
    const double* const r = pass.residual.data();
    Numbers left(pass.left.size()), right(pass.right.size());
    const Cotangent out{left.data(), right.data()};
    for (const int n_threads : {1, 3}) {
      p.op.cotangent(1, &r, &view, &out, *p.op.workspace(1), {n_threads, nullptr});
      CHECK(relative_error(left, pass.left) < p.rounding);
      if (!gram) CHECK(relative_error(right, pass.right) < p.rounding);
    }
  });
}

}  // namespace ipgd
