"""States read from files whose checksum is right and whose numbers are not."""

CODE = """
    import json

    import ipgd
    import numpy as np

    problem = ipgd.matrix_sensing(d=6, rank=2, m=60, rng=0)
    METHODS = (
        ipgd.PGD(radius=1e-2, gradient_threshold=0.3, window=9, decrease_threshold=1e-12),
        ipgd.SGD(batch_size=30),
        ipgd.AcceleratedGD(momentum=0.7),
        ipgd.IPGDPlus(radius=1e-3),
    )
    INTEGERS = (-1, -2, -11, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, -(2**70), 10**30)
    REALS = (float("nan"), float("inf"), -1.0, 1e308)

    def written(method):
        path = PATH
        settings = {"parameterization": ipgd.SymmetricFactor(3), "rng": 3, "max_iter": 11}
        ipgd.solve(problem, method, record=("loss", "step_norm"), **settings).save(path)
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        arrays.pop("sha256")
        return path, json.loads(str(arrays.pop("about"))), arrays

    def resumed(path, fields, arrays, max_iter):
        text = json.dumps(fields)
        digest = ipgd.solution._digest(arrays, text)
        np.savez(path, about=np.array(text), sha256=np.array(digest), **arrays)
        return ipgd.resume(problem, path, max_iter=max_iter)

    # Every integer of the state, far out of range.
    for method in METHODS:
        path, fields, arrays = written(method)
        assert resumed(path, fields, arrays, 20).nit == 20
        for name in ("iteration", "last_kick", "perturbations"):
            for number in INTEGERS:
                damaged = fields | {"state": fields["state"] | {name: number}}
                if name == "last_kick" and fields["state"]["last_kick"] == number:
                    continue
                try:
                    resumed(path, damaged, arrays, 2**60)
                except ValueError as error:
                    assert name in str(error) or "max_iter" in str(error), (name, number, error)
                else:
                    raise AssertionError((name, number))

    # Random damage, several fields at a time: an error, or a run that ends.
    refused = gone_on = 0
    random = np.random.default_rng(SEED)
    for method in METHODS:
        path, fields, arrays = written(method)
        for _ in range(60):
            state, changed = dict(fields["state"]), dict(arrays)
            for name in random.choice(sorted(state), 2, replace=False):
                kind = type(state[name])
                if kind is bool:
                    state[name] = not state[name]
                elif kind is int:
                    state[name] = int(random.integers(-3, 15))
                else:
                    state[name] = float(random.choice(REALS))
            if random.random() < 0.5:
                names = sorted(name for name in changed if name.startswith("state/"))
                name = random.choice(names)
                array = changed[name]
                changed[name] = [
                    array[:-1], np.append(array, 1.0), array[:0], array.reshape(-1, 1),
                    array.astype(np.int64), np.full_like(array, np.nan),
                ][random.integers(6)]
            try:
                assert resumed(path, fields | {"state": state}, changed, 20).nit <= 20
                gone_on += 1
            except ValueError:
                refused += 1
    assert refused > 60
    assert gone_on > 0
    print("refused or gone on with")
"""


def test_no_number_of_a_state_ends_the_process(output_of, tmp_path):
    code = CODE.replace("SEED", "0").replace("PATH", repr(str(tmp_path / "run.npz")))
    assert output_of(code).strip() == "refused or gone on with"
