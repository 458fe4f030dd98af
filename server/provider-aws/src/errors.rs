//! What EC2's error codes mean for a launch: one table. The same codes come as the error of a whole call and as one of the
//! errors beside a fleet's instances.
//!
//! Sources: the EC2 API reference, "Error codes"; what comparable tools had to learn: aws/karpenter-provider-aws
//! `pkg/errors/errors.go` and pull requests 8199 and 8936, aws/aws-parallelcluster-node pull request 673,
//! hashicorp/packer pull request 9946, boto/boto3 issue 4406, runs-on/runs-on issues 88 and 251.

/// What becomes of a launch that failed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// There is none to be had of this type in this zone now: the next pool, and this one again later.
    Capacity,
    /// Too many requests: the same again, later.
    Throttled,
    /// The account may not have more.
    Quota,
    /// What was asked for is wrong, and stays wrong for this pool.
    Refused,
    /// It may have been done or not: asked again under the same token.
    Unknown,
}

const CODES: [(&str, Class); 59] = [
    ("InsufficientInstanceCapacity", Class::Capacity),
    ("InsufficientHostCapacity", Class::Capacity),
    ("InsufficientReservedInstanceCapacity", Class::Capacity),
    ("InsufficientCapacity", Class::Capacity),
    ("InsufficientCapacityOnHost", Class::Capacity),
    ("InsufficientFreeAddressesInSubnet", Class::Capacity),
    ("UnfulfillableCapacity", Class::Capacity),
    ("SpotMaxPriceTooLow", Class::Capacity),
    ("ReservationCapacityExceeded", Class::Capacity),
    ("RequestLimitExceeded", Class::Throttled),
    ("ResourceCountExceeded.Throttling", Class::Throttled),
    ("Throttling", Class::Throttled),
    ("ThrottlingException", Class::Throttled),
    ("EC2ThrottledException", Class::Throttled),
    ("RequestResourceCountExceeded", Class::Throttled),
    ("MaxSpotInstanceCountExceeded", Class::Quota),
    ("MaxSpotFleetRequestCountExceeded", Class::Quota),
    ("MaxFleetCountExceeded", Class::Quota),
    ("VcpuLimitExceeded", Class::Quota),
    ("InstanceLimitExceeded", Class::Quota),
    ("NetworkInterfaceLimitExceeded", Class::Quota),
    ("VolumeLimitExceeded", Class::Quota),
    ("MaxIOPSLimitExceeded", Class::Quota),
    ("AddressLimitExceeded", Class::Quota),
    ("HostLimitExceeded", Class::Quota),
    ("ResourceLimitExceeded", Class::Quota),
    ("Unsupported", Class::Refused),
    ("UnsupportedOperation", Class::Refused),
    ("InvalidFleetConfiguration", Class::Refused),
    ("InvalidFleetConfig", Class::Refused),
    ("InvalidParameter", Class::Refused),
    ("InvalidParameterValue", Class::Refused),
    ("InvalidParameterCombination", Class::Refused),
    ("MissingParameter", Class::Refused),
    ("UnknownParameter", Class::Refused),
    ("TagLimitExceeded", Class::Refused),
    ("ValidationError", Class::Refused),
    ("UnauthorizedOperation", Class::Refused),
    ("AccessDenied", Class::Refused),
    ("AuthFailure", Class::Refused),
    (
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
        Class::Refused,
    ),
    ("Blocked", Class::Refused),
    ("OptInRequired", Class::Refused),
    ("PendingVerification", Class::Refused),
    ("ExpiredToken", Class::Refused),
    ("RequestExpired", Class::Refused),
    ("SignatureDoesNotMatch", Class::Refused),
    ("InvalidClientTokenId", Class::Refused),
    ("UnrecognizedClientException", Class::Refused),
    ("MissingAuthenticationToken", Class::Refused),
    ("IdempotentParameterMismatch", Class::Refused),
    ("IdempotentInstanceTerminated", Class::Refused),
    ("IncorrectState", Class::Refused),
    ("InternalError", Class::Unknown),
    ("InternalFailure", Class::Unknown),
    ("InternalServerError", Class::Unknown),
    ("ServiceUnavailable", Class::Unknown),
    ("Unavailable", Class::Unknown),
    ("RequestTimeout", Class::Unknown),
];

/// Families of codes, as `InvalidSubnetID.NotFound`.
const REFUSED_STARTS: [&str; 2] = ["Invalid", "Client."];

/// What a code means; a code that nobody knows may mean that it was done. No code: no answer was understood.
pub fn class(code: Option<&str>) -> Class {
    let Some(code) = code else {
        return Class::Unknown;
    };
    let known = CODES.iter().find(|(known, _)| *known == code);
    let refused = || REFUSED_STARTS.iter().any(|start| code.starts_with(start));
    match known {
        Some((_, class)) => *class,
        None if refused() => Class::Refused,
        None => Class::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_of_one_class() {
        let mut names: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
    }

    #[test]
    fn what_a_code_means() {
        for (code, expected) in [
            (Some("InsufficientInstanceCapacity"), Class::Capacity),
            // Used up in one subnet: another one may have some.
            (Some("InsufficientFreeAddressesInSubnet"), Class::Capacity),
            (Some("SpotMaxPriceTooLow"), Class::Capacity),
            // Also inside a fleet's errors: the pool is not to blame.
            (Some("RequestLimitExceeded"), Class::Throttled),
            (Some("VcpuLimitExceeded"), Class::Quota),
            (Some("MaxSpotInstanceCountExceeded"), Class::Quota),
            // A type that the zone does not have: for good, and not for a while.
            (Some("Unsupported"), Class::Refused),
            (Some("InvalidFleetConfiguration"), Class::Refused),
            (Some("InvalidSubnetID.NotFound"), Class::Refused),
            (
                Some("InvalidLaunchTemplateId.VersionNotFound"),
                Class::Refused,
            ),
            (Some("UnauthorizedOperation"), Class::Refused),
            // The template has as many tags as an instance may.
            (Some("TagLimitExceeded"), Class::Refused),
            // The same token with other words: asked again it stays so.
            (Some("IdempotentParameterMismatch"), Class::Refused),
            (Some("InternalError"), Class::Unknown),
            (Some("SomethingNew"), Class::Unknown),
            (None, Class::Unknown),
        ] {
            assert_eq!(class(code), expected, "{code:?}");
        }
    }
}
