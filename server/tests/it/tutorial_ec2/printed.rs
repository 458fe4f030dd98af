//! The guide's commands as it prints them, line breaks and placeholders too.

/// What the stack `hpc-networking` makes, as far as one zone needs it.
pub const NETWORK: &str = r#"
vpc=$(aws ec2 create-vpc --cidr-block 10.3.0.0/16 --query Vpc.VpcId --output text)
aws ec2 modify-vpc-attribute --vpc-id $vpc --enable-dns-hostnames
subnet() {
    aws ec2 create-subnet --vpc-id $vpc --cidr-block $1 --query Subnet.SubnetId --output text
}
echo $vpc $(subnet 10.3.0.0/20) $(subnet 10.3.128.0/20)
"#;
pub const CREATE_SECURITY_GROUP: &str = r#"
aws ec2 create-security-group \
--group-name efa-group-name \
--description "Security group to enable EFA traffic" \
--vpc-id vpc-id \
--region region-code
"#;
pub const RULES: &str = r#"
aws ec2 authorize-security-group-ingress \
--group-id efa-secgroup-id \
--protocol -1 \
--source-group efa-secgroup-id

aws ec2 authorize-security-group-egress \
--group-id efa-secgroup-id \
--protocol -1 \
--source-group efa-secgroup-id
"#;
/// What the stack `getstarted-sg` lets in beside.
pub const SSH_RULE: &str = r#"
aws ec2 authorize-security-group-ingress --group-id efa-secgroup-id --protocol tcp --port 22 --cidr 0.0.0.0/0
"#;
/// The policy as printed; what the console does with it.
pub const ROLE: &str = r#"
cat > policy.json << EOF
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": [
                "pcs:RegisterComputeNodeGroupInstance"
            ],
            "Resource": "*",
            "Effect": "Allow"
        }
    ]
}
EOF
cat > trust.json << EOF
{
    "Version": "2012-10-17",
    "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }
    ]
}
EOF
name=AWSPCS-getstarted-role
policy=$(aws iam create-policy --policy-name AWSPCS-getstarted-policy --policy-document file://policy.json \
    --query Policy.Arn --output text)
aws iam create-role --role-name $name --assume-role-policy-document file://trust.json > role.json
aws iam attach-role-policy --role-name $name --policy-arn $policy
aws iam create-instance-profile --path /aws-pcs/ --instance-profile-name $name > profile.json
aws iam add-role-to-instance-profile --instance-profile-name $name --role-name $name
echo $policy $(aws iam get-instance-profile --instance-profile-name $name --query InstanceProfile.Arn --output text)
"#;
pub const FIND_IMAGE: &str = r#"
aws ec2 describe-images --region region-code --owners amazon \
--filters 'Name=name,Values=aws-pcs-sample_ami-amzn2-x86_64-slurm-24.05*' \
'Name=state,Values=available' \
--query 'sort_by(Images, &CreationDate)[-1].[Name,ImageId]' --output text
"#;
/// Its brackets around the object are left out: the CLI takes an object. User data is the guide's next section.
pub const CREATE_TEMPLATE: &str = r#"
aws ec2 create-launch-template --region region-code \
--launch-template-name my-template-name \
--launch-template-data '{"KeyName": "my-ssh-key-name", "SecurityGroupIds":
["sg-ExampleID1", "sg-ExampleID2"], "UserData": "base64-user-data"}'
"#;
pub const CREATE_CLUSTER: &str = r#"
aws pcs create-cluster --region region \
    --cluster-name my-cluster \
    --scheduler type=SLURM,version=24.05 \
    --size SMALL \
    --networking subnetIds=subnet-ExampleId1,securityGroupIds=sg-ExampleId1
"#;
pub const GET_CLUSTER: &str = "aws pcs get-cluster --region region --cluster-identifier my-cluster";
pub const READ_SECRET: &str = r#"
aws secretsmanager get-secret-value \
--region region \
--secret-id 'secret-arn' \
--version-stage AWSCURRENT \
--query 'SecretString' \
--output text
"#;
/// With the image, which the guide's console step asks for.
pub const CREATE_GROUP: &str = r#"
aws pcs create-compute-node-group --region region \
--cluster-identifier my-cluster \
--compute-node-group-name my-node-group \
--subnet-ids subnet-ExampleID1 \
--custom-launch-template id=lt-ExampleID1,version='launch-template-version' \
--iam-instance-profile-arn=arn:InstanceProfile \
--scaling-config minInstanceCount=min-instances,maxInstanceCount=max-instance \
--instance-configs instanceType=t3.large \
--ami-id ami-ExampleID1
"#;
pub const GET_GROUP: &str = r#"
aws pcs get-compute-node-group --region region \
  --cluster-identifier my-cluster \
  --compute-node-group-identifier my-node-group
"#;
pub const CREATE_QUEUE: &str = r#"
aws pcs create-queue --region region-code \
--queue-name my-queue \
--cluster-identifier my-cluster \
--compute-node-group-configurations \
computeNodeGroupId=compute-node-group-id
"#;
pub const GET_QUEUE: &str = r#"
aws pcs get-queue --region region-code \
  --cluster-identifier my-cluster \
  --queue-identifier my-queue
"#;
pub const FIND_INSTANCES: &str = r#"
aws ec2 describe-instances \
--region region-code --filters \
"Name=tag:aws:pcs:compute-node-group-id,Values=node-group-id" \
"Name=instance-state-name,Values=running" \
--query 'Reservations[*].Instances[*].
{InstanceId:InstanceId,State:State.Name,PublicIP:PublicIpAddress,PrivateIP:PrivateIpAddress}'
"#;
pub const SINGLE_NODE_JOB: &str = r#"
cd /shared
cat << EOF > job.sh
#!/bin/bash
#SBATCH -J single
#SBATCH -o single.%j.out
#SBATCH -e single.%j.err

echo "This is job \${SLURM_JOB_NAME} [\${SLURM_JOB_ID}] running on \
\${SLURMD_NODENAME}, submitted from \${SLURM_SUBMIT_HOST}" && sleep 1 && echo "Job
complete"
EOF
sbatch -p demo job.sh
"#;
/// `hello` is what the guide compiles.
pub const MULTI_NODE_JOB: &str = r#"
cd ~/
cat > hello << 'EOF'
#!/bin/sh
echo "Hello world from processor $(hostname), rank $SLURM_PROCID out of $SLURM_NTASKS processors"
EOF
chmod +x hello
cat > hello.sh << EOF
#!/bin/bash
#SBATCH -J multi
#SBATCH -o multi.out
#SBATCH -e multi.err
#SBATCH --exclusive
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1

srun $HOME/hello
EOF
cd /shared
sbatch -p demo ~/hello.sh
"#;
pub const DELETE_QUEUE: &str = r#"
aws pcs delete-queue --region region-code \
  --queue-identifier my-queue \
  --cluster-identifier my-cluster
"#;
pub const DELETE_GROUP: &str = r#"
aws pcs delete-compute-node-group --region region-code \
--compute-node-group-identifier my-node-group \
--cluster-identifier my-cluster
"#;
pub const DELETE_CLUSTER: &str =
    "aws pcs delete-cluster --region region-code --cluster-identifier my-cluster";
/// As the console deletes a role, then its policy.
pub const DELETE_ROLE: &str = r#"
name=AWSPCS-getstarted-role
aws iam remove-role-from-instance-profile --instance-profile-name $name --role-name $name
aws iam delete-instance-profile --instance-profile-name $name
aws iam detach-role-policy --role-name $name --policy-arn policy-arn-of-role
aws iam delete-role --role-name $name
aws iam delete-policy --policy-arn policy-arn-of-role
"#;
/// What the stacks made, in the guide's order.
pub const DELETE_STACKS: &str = r#"
aws ec2 delete-launch-template --launch-template-id lt-login
aws ec2 delete-launch-template --launch-template-id lt-compute
aws ec2 delete-security-group --group-id sg-ssh
aws ec2 delete-security-group --group-id sg-cluster
aws ec2 delete-subnet --subnet-id subnet-public
aws ec2 delete-subnet --subnet-id subnet-private
aws ec2 delete-vpc --vpc-id vpc-id
"#;
